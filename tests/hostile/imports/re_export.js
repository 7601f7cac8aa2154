// An export from elsewhere.
// must: refused
// timeout: 300

export * from 'std';
export default () => 1;
