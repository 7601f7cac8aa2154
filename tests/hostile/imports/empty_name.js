// A module without a name.
// must: refused
// timeout: 300

import x from '';
export default () => x;
