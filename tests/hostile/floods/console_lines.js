// Ten thousand lines.
// must: completed 1
// timeout: 5000

for (let i = 0; i < 1e4; i++) console.log(i);
return 1;
