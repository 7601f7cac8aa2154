// Blocks. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 10000

«50000 {»«50000 }»return 1;
