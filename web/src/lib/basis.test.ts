import { expect, it } from "vitest";
import schema from "../../openapi.json";
import { basisWords } from "./basis";

it("describes every basis of an estimate in the API, and no other", () => {
  for (const basis of schema.components.schemas.Basis.enum) expect(basisWords(basis), basis).not.toBeNull();
  expect(basisWords("toString")).toBeNull();
});
