// A job that is left behind does not end: it costs the isolate and not the result.
// must: completed 1
// then: completed 1
// timeout: 10000

Promise.resolve().then(() => { for (;;); });
return 1;
