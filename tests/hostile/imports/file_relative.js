// A file next to the code.
// must: refused
// timeout: 10000

import data from './package.json';
export default () => data;
