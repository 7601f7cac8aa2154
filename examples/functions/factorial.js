// n! = 1 × 2 × … × n, with 0! = 1.

const LARGEST = 170; // The last one that does not overflow to Infinity; exact up to 18.

function handler(input) {
  const { n } = input;
  if (!Number.isInteger(n) || n < 0 || n > LARGEST) {
    throw new RangeError(`n must be a whole number from 0 to ${LARGEST}, not ${JSON.stringify(n)}`);
  }
  let product = 1;
  for (let i = 2; i <= n; i++) {
    product *= i;
  }
  return product;
}
