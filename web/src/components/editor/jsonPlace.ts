/** Finds where a text stops being JSON. The error messages of browsers differ, and some name no place. */

const TOKEN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** The deepest nesting that is followed, which bounds the recursion. */
const DEEPEST = 500;

/** The index of the first invalid character; the length of the text when it ends too early. */
export function whereJsonEnds(text: string): number {
  let at = 0;
  const space = () => {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
  };
  const token = (start?: string) => {
    TOKEN.lastIndex = at;
    if ((start !== undefined && text[at] !== start) || !TOKEN.test(text)) return false;
    at = TOKEN.lastIndex;
    return true;
  };
  const take = (character: string) => {
    space();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  /** Members between brackets, separated by commas. */
  const list = (close: string, member: () => boolean) => {
    if (take(close)) return true;
    do {
      space();
      if (!member()) return false;
    } while (take(","));
    return take(close);
  };
  const value = (depth: number): boolean => {
    space();
    if (depth > DEEPEST) return false;
    if (take("[")) return list("]", () => value(depth + 1));
    if (take("{")) return list("}", () => token('"') && take(":") && value(depth + 1));
    return token();
  };
  if (value(0)) space();
  return at;
}
