// A function: the input is its first argument, what it returns is the result.
interface Input {
  name: string;
}

export default (input: Input) => ({ greeting: `Hello, ${input.name}!` });
