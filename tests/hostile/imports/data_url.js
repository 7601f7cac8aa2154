// An address that contains its text.
// must: refused
// timeout: 10000

import data from 'data:text/javascript,export default 1';
export default () => data;
