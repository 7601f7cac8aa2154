import type { Context, Handler } from './faas';

interface Input {
  name?: string;
}

interface Greeting {
  text: string;
}

const greet: Handler<Input, Greeting> = (input: Input, context: Context) => {
  const name = input.name ?? 'world';
  console.log(`greeting ${name} in version ${context.functionVersion}`);
  return { text: `Hello, ${name}!` };
};

export default greet;
