// AWS Lambda, asynchronous.
export const handler = async (event, context) => {
  console.log(context.awsRequestId, context.getRemainingTimeInMillis() > 0);
  return { greeting: `Hello, ${event.name}!` };
};
