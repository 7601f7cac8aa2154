// Nuclio.
exports.handler = function (context, event) {
  context.logger.info('greets');
  context.callback({ greeting: `Hello, ${event.body.name}!` });
};
