// OpenFaaS, the template for Node.js.
'use strict';

module.exports = async (event, context) => {
  const result = { greeting: `Hello, ${event.body.name}!` };
  return context.status(200).succeed(result);
};
