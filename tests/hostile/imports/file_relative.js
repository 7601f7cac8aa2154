// A file next to the code.
// must: refused
// timeout: 300

import data from './package.json';
export default () => data;
