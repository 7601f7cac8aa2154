import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Throttle } from "./throttle";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("runs at once, then once per interval, and always runs the last call", () => {
  const throttle = new Throttle();
  const work = vi.fn<(call: number) => void>();
  for (let call = 0; call < 100; call++) {
    throttle.run("lists", 1_000, () => work(call));
    vi.advanceTimersByTime(25);
  }
  vi.advanceTimersByTime(5_000);
  expect(work.mock.calls[0]).toEqual([0]);
  expect(work.mock.calls.at(-1)).toEqual([99]);
  expect(work.mock.calls.length).toBeLessThanOrEqual(4);
});

it("throttles each name separately", () => {
  const throttle = new Throttle();
  const [lists, costs] = [vi.fn(), vi.fn()];
  throttle.run("lists", 1_000, lists);
  throttle.run("costs", 1_000, costs);
  expect(lists).toHaveBeenCalledOnce();
  expect(costs).toHaveBeenCalledOnce();
});
