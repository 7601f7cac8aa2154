// A module of another platform.
// must: refused
// timeout: 10000

import fs from 'node:fs';
export default () => fs;
