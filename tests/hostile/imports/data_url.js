// An address that contains its text.
// must: refused
// timeout: 300

import data from 'data:text/javascript,export default 1';
export default () => data;
