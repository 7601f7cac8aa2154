// The engine's own module of processes, which has the name of a module of Node.js.
// must: completed ["undefined","undefined","undefined"]
// timeout: 10000

import * as os from 'os';
export default () => [typeof os.exec, typeof os.open, typeof os.Worker];
