// Fission.
module.exports = async function (context) {
  const { name } = context.request.body;
  return { status: 200, body: { greeting: `Hello, ${name}!` } };
};
