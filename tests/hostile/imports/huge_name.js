// A module with a name of half a megabyte.
// must: refused
// timeout: 10000

import x from '«500000 a»';
export default () => x;
