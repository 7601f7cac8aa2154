import { expect, it } from "vitest";
import { aFunction } from "../../../tests/samples";
import { check, draftOf, draftOfFile, EMPTY, timeoutOf, toUpload, type Draft } from "./draft";
import { matches } from "./search";

const good = draftOf(aFunction());

it("reports an error for each invalid field", () => {
  expect(check(good)).toEqual({});
  expect(Object.keys(check({ name: " ", description: "", code: "\n", timeout: "0", retries: "11", concurrency: "0", perKey: "x", runtime: "", memory: "0.5", bindings: "a.b", kv: "a b", http: "public", routes: "a", origins: "", egress: "listed", allow: [], deny: [], retryBase: "-1", retryFactor: "0", retryCap: "x", retryJitter: "101", retryOn: [], environment: [] })).toSorted()).toEqual([
    "bindings",
    "code",
    "concurrency",
    "description",
    "egress",
    "kv",
    "memory",
    "name",
    "perKey",
    "retries",
    "retryBase",
    "retryCap",
    "retryFactor",
    "retryJitter",
    "routes",
    "timeout",
  ]);
  expect(check({ ...good, name: "😀".repeat(128) })).toEqual({});
  expect(check({ ...good, name: "x".repeat(129) }).name).toBeDefined();
  expect(check({ ...good, retries: "1.5" }).retries).toBeDefined();
  expect(check({ ...good, timeout: "" }).timeout).toBeDefined();
});

it("uploads the timeout in milliseconds", () => {
  expect(toUpload({ ...good, timeout: "2.5" }, null).config).toEqual({ timeout: 2_500, retryCount: 3, retry: null, concurrency: null, concurrencyPerKey: null, runtime: null, memory: null, bindings: null, kv: null, http: null, egress: null });
  expect(timeoutOf({ ...good, timeout: "nonsense" })).toBe(30_000);
});

it("sends no memory and no bindings for the defaults, and the names once each", () => {
  const config = (change: Partial<typeof good>) => toUpload({ ...good, ...change }, null).config;
  expect(config({ memory: " 64 ", bindings: "a, b,,a\nb_2 " })).toMatchObject({ memory: 64, bindings: ["a", "b", "b_2"] });
  expect(config({ memory: " ", bindings: null })).toMatchObject({ memory: null, bindings: null });
  expect(config({ bindings: " " })).toMatchObject({ bindings: [] });
  const stored = draftOf(aFunction({ config: { ...aFunction().config, memory: 64, bindings: ["a", "b"] } }));
  expect(stored).toMatchObject({ memory: "64", bindings: "a, b" });
  expect(check({ ...good, bindings: Array.from({ length: 65 }, (_, n) => `b${n}`).join() }).bindings).toMatch(/65/);
  expect(check({ ...good, bindings: "x".repeat(65) }).bindings).toMatch(/Invalid name/);
});

it("sends the limits of concurrency and the runtime, and null where a field is empty", () => {
  const config = (draft: Draft) => toUpload(draft, null).config;
  expect(config(good)).toMatchObject({ concurrency: null, concurrencyPerKey: null, runtime: null });
  const set = { ...good, concurrency: "4", perKey: "2", runtime: "processes" };
  expect(config(set)).toMatchObject({ concurrency: 4, concurrencyPerKey: 2, runtime: "processes" });
});

it("takes the name of a file only if the form has none", () => {
  expect(draftOfFile({ name: "resize.image.js" }, "return 1", EMPTY).name).toBe("resize.image");
  expect(draftOfFile({ name: "resize.js" }, "return 1", good)).toMatchObject({ name: "add", code: "return 1" });
});

it("finds a function by all words of a search, in any order", () => {
  expect(matches(aFunction(), "two ADD")).toBe(true);
  expect(matches(aFunction(), "basic active")).toBe(true);
  expect(matches(aFunction(), "add three")).toBe(false);
  expect(matches(aFunction(), "")).toBe(true);
});
