// The same by its other name.
// must: refused
// timeout: 10000

import * as std from 'qjs:std';
export default () => std;
