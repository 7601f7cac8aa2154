// A chain of causes is not followed.
// must: failed user_error next
// timeout: 10000

let error = new Error('first');
for (let i = 0; i < 1e5; i++) error = new Error('next', { cause: error });
throw error;
return 1;
