// The sum of an array of numbers; 0 of an empty one.

function handler(input) {
  const { numbers } = input;
  if (!Array.isArray(numbers)) {
    throw new TypeError(`numbers must be an array, not ${JSON.stringify(numbers)}`);
  }
  let sum = 0;
  numbers.forEach((number, index) => {
    if (typeof number !== "number") {
      throw new TypeError(`numbers[${index}] must be a number, not ${JSON.stringify(number)}`);
    }
    sum += number;
  });
  return sum;
}
