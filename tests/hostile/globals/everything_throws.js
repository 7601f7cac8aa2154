// The methods of what the platform uses, replaced by one that throws.
// must: completed 1
// then: completed 1
// timeout: 10000

const no = () => { throw new Error('no'); };
const { ownKeys, defineProperty } = { ownKeys: Reflect.ownKeys, defineProperty: Object.defineProperty };
const classes = [Array, String, Map, Set, RegExp, Date, Function, Promise];
for (let i = 0; i < classes.length; i++) {
  const keys = ownKeys(classes[i].prototype);
  for (let j = 0; j < keys.length; j++) { try { defineProperty(classes[i].prototype, keys[j], { value: no }); } catch {} }
}
console.log('x', [1], { a: 1 });
return 1;
