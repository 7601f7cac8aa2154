// Apache OpenWhisk: a function named `main`.
function main(params) {
  return { greeting: `Hello, ${params.name}!` };
}
