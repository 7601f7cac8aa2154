// The engine's own module of files.
// must: refused
// timeout: 10000

import * as std from 'std';
export default () => std;
