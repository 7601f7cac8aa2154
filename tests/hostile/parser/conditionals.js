// Conditions inside conditions. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 300

return «50000 1?1:»1;
