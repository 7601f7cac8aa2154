// @vitest-environment node
import { readFileSync } from "node:fs";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

it("has the types of the API as openapi.json describes it; `npm run types` writes them", async () => {
  const document = new URL("../../../openapi.json", import.meta.url);
  const generated = COMMENT_HEADER + astToString(await openapiTS(document));
  const committed = readFileSync(new URL("./schema.ts", import.meta.url), "utf8");
  expect(committed).toBe(generated);
});
