// There is no network.
// must: failed user_error ERR_NO_NETWORK
// timeout: 10000

return fetch('http://127.0.0.1/');
