/** Where a text stops to be JSON. Browsers say that in words of their own, or not at all. */

const TOKEN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** Deeper than this nobody types, and the place would be found too late. */
const DEEPEST = 500;

/** The index of the first character that cannot be there; the text's length when something is missing. */
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
  /** What is between brackets: members, with commas between them. */
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
