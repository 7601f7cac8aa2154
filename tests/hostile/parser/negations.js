// Operators before their operand. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 10000

return «50000 !»1;
