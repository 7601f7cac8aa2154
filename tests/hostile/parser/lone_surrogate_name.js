// An escape that is half a character.
// must: refused
// timeout: 10000

const \u{d800} = 1;
return 1;
