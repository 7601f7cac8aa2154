// Results that JSON has no word for are not left out without one.
// must: failed user_error contains a function
// timeout: 10000

return { a: () => 1 };
