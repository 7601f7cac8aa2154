// A proxy that is no more.
// must: failed user_error
// timeout: 10000

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
throw proxy;
return 1;
