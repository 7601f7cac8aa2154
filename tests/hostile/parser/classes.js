// Classes that extend classes. Nested fifty thousand times.
// must: refused nested too deeply
// timeout: 300

return «50000 class extends »1;
