// The same by its other name.
// must: refused
// timeout: 300

import * as std from 'qjs:std';
export default () => std;
