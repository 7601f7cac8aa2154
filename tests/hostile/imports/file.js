// A file of the host.
// must: refused
// timeout: 10000

import data from '/etc/passwd';
export default () => data;
