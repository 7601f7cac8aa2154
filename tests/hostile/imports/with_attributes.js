// With a type.
// must: refused
// timeout: 10000

import x from './x.json' with { type: 'json' };
export default () => x;
