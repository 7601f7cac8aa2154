// Google Cloud Functions and Vercel's Node.js functions: a request and a response of Node.js.
exports.greet = (req, res) => {
  res.status(200).json({ greeting: `Hello, ${req.body.name}!` });
};
