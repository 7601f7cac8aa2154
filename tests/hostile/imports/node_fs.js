// There are no files.
// must: failed user_error ENOENT
// timeout: 10000

import fs from 'node:fs';
export default () => fs.readFileSync('/etc/passwd', 'utf8');
