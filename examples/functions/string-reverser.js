// A text backwards, by characters rather than by UTF-16 units, so that emoji survive.

function handler(input) {
  const { text } = input;
  if (typeof text !== "string") {
    throw new TypeError(`text must be a string, not ${JSON.stringify(text)}`);
  }
  return Array.from(text).reverse().join("");
}
