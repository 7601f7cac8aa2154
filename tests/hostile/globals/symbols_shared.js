// Registered symbols are of one isolate.
// must: completed true
// timeout: 10000

return Symbol.for('a') === Symbol.for('a');
