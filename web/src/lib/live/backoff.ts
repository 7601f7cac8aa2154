/** How long to wait before connecting again. */

const FIRST = 500;
const LONGEST = 15_000;

/**
 * Milliseconds to wait after `failures` failures in a row: twice as long each time, up to 15 s, of
 * which half is chance, so that many pages do not come back at the same moment.
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1));
  return full / 2 + (random() * full) / 2;
}
