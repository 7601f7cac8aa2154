// An empty statement is a body without a result.
// must: completed null
// timeout: 10000

;
