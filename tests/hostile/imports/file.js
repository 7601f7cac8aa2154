// A file of the host.
// must: refused
// timeout: 300

import data from '/etc/passwd';
export default () => data;
