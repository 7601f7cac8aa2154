// The engine's own module, while it runs.
// must: failed user_error
// timeout: 10000

return import('std').then((std) => std.getenv('PATH'));
