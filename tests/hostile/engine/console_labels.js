// More labels, groups and columns than anybody needs.
// must: completed 1
// timeout: 10000

for (let i = 0; i < 1e5; i++) {
  console.count('label ' + i);
  console.time('label ' + i);
  console.group();
}
console.table(new Array(1e4).fill(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, 'x'.repeat(1000)]))));
return 1;
