// The interruption cannot be caught: it is no exception of the language.
// must: failed timeout timed out after
// timeout: 200

while (true) { try { for (;;); } catch {} }
return 1;
