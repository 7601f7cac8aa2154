// The n-th Fibonacci number, counted from fibonacci(0) = 0.

const LARGEST = 78; // The last one that a JavaScript number holds exactly.

function handler(input) {
  const { n } = input;
  if (!Number.isInteger(n) || n < 0 || n > LARGEST) {
    throw new RangeError(`n must be a whole number from 0 to ${LARGEST}, not ${JSON.stringify(n)}`);
  }
  let [current, next] = [0, 1];
  for (let i = 0; i < n; i++) {
    [current, next] = [next, current + next];
  }
  return current;
}
