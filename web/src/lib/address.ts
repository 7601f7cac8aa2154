/** State in the query part of the page's address, so that a link or a reload shows the same view. */
import { useSearchParams } from "react-router";

interface Address {
  get: (name: string) => string | null;
  /**
   * Changes some parameters and keeps the others. `null` or an empty text removes one. `push` adds an
   * entry to the browser's history, so that Back returns to the view before.
   */
  set: (change: Record<string, string | null>, options?: { push?: boolean }) => void;
}

export function useAddress(): Address {
  const [params, setParams] = useSearchParams();
  return {
    get: (name) => params.get(name),
    set: (change, { push = false } = {}) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(change)) {
            if (value === null || value === "") next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: !push, preventScrollReset: true },
      ),
  };
}

/** One of a few numbers in the address; the first one when the address has none of them. */
export function readChoice(text: string | null, choices: readonly [number, ...number[]]): number {
  return choices.find((choice) => String(choice) === text) ?? choices[0];
}

/** The page of a list in the address. People count pages from 1, code from 0. */
export function readPage(text: string | null): number {
  const page = Number(text);
  return Number.isInteger(page) && page > 1 ? page - 1 : 0;
}

export const writePage = (page: number): string | null => (page <= 0 ? null : String(page + 1));
