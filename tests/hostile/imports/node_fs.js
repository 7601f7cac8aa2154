// A module of another platform.
// must: refused
// timeout: 300

import fs from 'node:fs';
export default () => fs;
