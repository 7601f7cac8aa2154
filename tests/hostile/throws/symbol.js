// What cannot be converted to text.
// must: failed user_error Symbol(x)
// timeout: 10000

throw Symbol('x');
return 1;
