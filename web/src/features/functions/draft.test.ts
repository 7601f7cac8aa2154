import { expect, it } from "vitest";
import { aFunction } from "../../../tests/samples";
import { check, draftOf, draftOfFile, EMPTY, timeoutOf, toUpload } from "./draft";
import { matches } from "./search";

const good = draftOf(aFunction());

it("reports an error for each invalid field", () => {
  expect(check(good)).toEqual({});
  expect(Object.keys(check({ name: " ", description: "", code: "\n", timeout: "0", retries: "11", environment: [] })).toSorted()).toEqual([
    "code",
    "description",
    "name",
    "retries",
    "timeout",
  ]);
  expect(check({ ...good, name: "😀".repeat(128) })).toEqual({});
  expect(check({ ...good, name: "x".repeat(129) }).name).toBeDefined();
  expect(check({ ...good, retries: "1.5" }).retries).toBeDefined();
  expect(check({ ...good, timeout: "" }).timeout).toBeDefined();
});

it("uploads the timeout in milliseconds", () => {
  expect(toUpload({ ...good, timeout: "2.5" }, null).config).toEqual({ timeout: 2_500, retryCount: 3 });
  expect(timeoutOf({ ...good, timeout: "nonsense" })).toBe(30_000);
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
