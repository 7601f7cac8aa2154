// An iterator in an iterator in an iterator.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let it = [1].values();
for (let i = 0; i < 2e4; i++) {
  const inner = it;
  it = [1].values().flatMap(() => inner);
}
it.next();
return 1;
