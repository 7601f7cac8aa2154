// With a type.
// must: refused
// timeout: 300

import x from './x.json' with { type: 'json' };
export default () => x;
