// Jobs that are left behind make more of themselves.
// must: completed 1
// then: completed 1
// timeout: 10000

const again = () => queueMicrotask(again);
again();
return 1;
