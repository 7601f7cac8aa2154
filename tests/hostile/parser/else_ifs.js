// Fifty thousand `else`. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 300

«50000 if(1);else »return 1;
