// Patterns inside patterns. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 10000

let «50000 [»a«50000 ]» = 1; return 1;
