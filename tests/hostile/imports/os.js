// The engine's own module of processes.
// must: refused
// timeout: 10000

import * as os from 'os';
export default () => os;
