// Ten thousand nested iterators: QuickJS follows them natively, without a look at the stack.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let it = [1].values();
for (let i = 0; i < 1e4; i++) it = it.take(1e9);
it.next();
return 1;
