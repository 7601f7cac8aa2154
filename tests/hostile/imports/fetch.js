// The network of the server cannot be reached.
// must: failed user_error fetch failed
// timeout: 10000

return fetch('http://127.0.0.1/');
