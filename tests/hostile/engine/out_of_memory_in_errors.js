// Memory runs out while errors, closures and collections refer to each other.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 2000

const all = [];
for (;;) {
  try {
    all.push(new Error('e', { cause: all }), () => all, new Map([[all, {}]]), [1, 2].map((x) => ({ x, all })));
  } catch (error) {
    all.push(1);
  }
}
return 1;
