// Spread element by element, though none is there.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return [].concat({ length: 2 ** 50, [Symbol.isConcatSpreadable]: true });
