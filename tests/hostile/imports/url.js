// An address.
// must: refused
// timeout: 10000

import data from 'https://example.com/x.js';
export default () => data;
