// An error of a hundred thousand errors.
// must: failed user_error whole
// timeout: 10000

throw new AggregateError(new Array(1e5).fill(new Error('part')), 'whole');
return 1;
