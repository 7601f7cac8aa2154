// Ten thousand lines.
// must: completed 1
// timeout: 10000

for (let i = 0; i < 1e4; i++) console.log(i);
return 1;
