import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Batch, FLUSH_EVERY } from "./batch";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("passes all items on, a few times a second", () => {
  const flush = vi.fn<(items: readonly number[], dropped: number) => void>();
  const batch = new Batch<number>(flush);
  for (let ms = 0; ms < 1_000; ms++) {
    batch.add(ms);
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(FLUSH_EVERY);
  expect(flush.mock.calls.length).toBeLessThanOrEqual(1_000 / FLUSH_EVERY + 1);
  expect(flush.mock.calls.flatMap(([items]) => items)).toEqual(Array.from({ length: 1_000 }, (_, ms) => ms));
});

it("is bounded, and reports how many items it dropped", () => {
  const flush = vi.fn<(items: readonly number[], dropped: number) => void>();
  const batch = new Batch<number>(flush);
  for (let item = 0; item < 10_000; item++) batch.add(item);
  vi.advanceTimersByTime(FLUSH_EVERY);
  const [items, dropped] = flush.mock.calls[0] ?? [[], 0];
  expect(items.length).toBeLessThan(4_000);
  expect(items.length + dropped).toBe(10_000);
  expect(items.at(-1)).toBe(9_999);
});

it("passes nothing on after it is cleared", () => {
  const flush = vi.fn();
  const batch = new Batch<number>(flush);
  batch.add(1);
  batch.clear();
  vi.advanceTimersByTime(10 * FLUSH_EVERY);
  expect(flush).not.toHaveBeenCalled();
});
