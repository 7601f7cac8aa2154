// Lines without an end: what is kept of them is bounded.
// must: failed timeout timed out after
// timeout: 300

for (;;) console.log('x'.repeat(1000));
return 1;
