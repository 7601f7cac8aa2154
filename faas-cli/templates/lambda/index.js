// A handler in the form of AWS Lambda. It answers HTTP requests at /f/NAME and below.
export const handler = async (event) => {
  const name = event.queryStringParameters?.name ?? 'world';
  console.log('greeting', name);
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: `Hello, ${name}!` }),
  };
};
