// There is no network.
// must: failed user_error fetch is not defined
// timeout: 10000

return fetch('http://127.0.0.1/');
