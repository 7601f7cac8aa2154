// As many arguments as there is stack for.
// must: failed user_error
// or: failed stack_overflow
// or: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const many = new Array(1e7).fill(0);
return Math.max(...many);
