// A module without a name.
// must: refused
// timeout: 10000

import x from '';
export default () => x;
