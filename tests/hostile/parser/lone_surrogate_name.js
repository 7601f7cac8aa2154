// An escape that is half a character.
// must: refused
// timeout: 300

const \u{d800} = 1;
return 1;
