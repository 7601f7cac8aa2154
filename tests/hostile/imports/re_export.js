// An export from elsewhere.
// must: refused
// timeout: 10000

export * from 'std';
export default () => 1;
