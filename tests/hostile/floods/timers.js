// More timers than there may be.
// must: failed user_error more than 10000 timers
// timeout: 10000

for (let i = 0; i < 1e5; i++) setTimeout(() => {}, 1e9);
return 1;
