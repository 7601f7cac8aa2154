// Who says that memory is out does not make it so.
// must: failed user_error out of memory
// timeout: 10000

class InternalError extends Error {}
const error = new InternalError('out of memory');
error.name = 'InternalError';
throw error;
return 1;
