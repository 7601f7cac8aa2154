// Registered symbols are of one isolate.
// must: completed true
// timeout: 500

return Symbol.for('a') === Symbol.for('a');
