import { expect, it } from "vitest";
import { checkRetry, retryIn, retryOf } from "./retry";

it.each([null, { base: 1_500, factor: 1.5, cap: 60_000, jitter: 0.07, retryOn: ["timeout" as const] }, { retryOn: [] }, { jitter: 0.29 }])(
  "sends the stored policy %j as it is if nothing was changed",
  (policy) => {
    expect(checkRetry(retryOf(policy))).toEqual({});
    expect(retryIn(retryOf(policy))).toEqual(policy);
  },
);

it("accepts waits of up to a day", () => {
  const draft = retryOf(null);
  expect(checkRetry({ ...draft, retryBase: "86400", retryCap: "0" })).toEqual({});
  expect(Object.keys(checkRetry({ ...draft, retryBase: "86401", retryFactor: "a" }))).toEqual(["retryBase", "retryFactor"]);
});
