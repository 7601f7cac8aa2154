// No function can see who called it.
// must: completed "TypeError"
// or: completed "undefinedundefined"
// or: completed "objectobject"
// timeout: 10000

function seen() { return typeof seen.caller + typeof seen.arguments; }
try { return seen(); } catch (error) { return error.name; }
return 1;
