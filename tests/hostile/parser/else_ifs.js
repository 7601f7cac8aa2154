// Fifty thousand `else`. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 10000

«50000 if(1);else »return 1;
