// Whether a whole number is prime, by trial division up to its square root.

function handler(input) {
  const { number } = input;
  if (!Number.isSafeInteger(number)) {
    throw new TypeError(`number must be a whole number, not ${JSON.stringify(number)}`);
  }
  return isPrime(number);
}

function isPrime(number) {
  if (number < 2) return false;
  if (number < 4) return true;
  if (number % 2 === 0 || number % 3 === 0) return false;
  // Every further prime is one below or one above a multiple of 6.
  for (let i = 5; i * i <= number; i += 6) {
    if (number % i === 0 || number % (i + 2) === 0) return false;
  }
  return true;
}
