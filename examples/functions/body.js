// The body of a function: `input` and `context` are in scope.
return { greeting: `Hello, ${input.name}!` };
