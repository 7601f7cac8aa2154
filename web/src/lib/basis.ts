/** What an estimate is based on, in words. A newer server may have further ones, which are left out. */
const WORDS: Readonly<Record<string, string>> = {
  history: "based on recent runs",
  given: "based on the given duration",
  probe: "based on the first calls of the test",
  default: "no history yet: this is a guess",
};

export const basisWords = (basis: string): string | null => (Object.hasOwn(WORDS, basis) ? (WORDS[basis] ?? null) : null);
