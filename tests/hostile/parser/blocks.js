// Blocks. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 300

«50000 {»«50000 }»return 1;
