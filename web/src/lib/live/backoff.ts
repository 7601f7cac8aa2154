/** The delay before the next connection. */

const FIRST = 500;
const LONGEST = 15_000;

/**
 * The delay in ms after `failures` failures in a row. It doubles each time, up to 15 s. Half of it is
 * random, so that many pages do not reconnect at the same time.
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1));
  return full / 2 + (random() * full) / 2;
}
