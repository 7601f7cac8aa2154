// The same of processes.
// must: failed user_error
// timeout: 10000

return import('os').then((os) => os.exec(['id']));
