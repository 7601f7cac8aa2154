// AWS Lambda with a callback.
exports.handler = (event, context, callback) => {
  setTimeout(() => callback(null, { greeting: `Hello, ${event.name}!` }), 1);
};
