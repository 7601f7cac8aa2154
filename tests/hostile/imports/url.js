// An address.
// must: refused
// timeout: 300

import data from 'https://example.com/x.js';
export default () => data;
