// Objects. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 10000

return «50000 {a:»1«50000 }»;
