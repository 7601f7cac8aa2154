// A body that ends the function that it is put into.
// must: refused
// timeout: 10000

return 1; }; globalThis.out = 1; function x() {
