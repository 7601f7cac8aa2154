import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { aFunction } from "../../../tests/samples";
import * as client from "./client";
import { functionsQuery } from "./functions";

it("reads the whole list page by page, without code", async () => {
  const asked: unknown[] = [];
  vi.spyOn(client, "getPage").mockImplementation(async (_, query) => {
    asked.push(query);
    const first = query["cursor"] === undefined;
    return { data: [aFunction({ _id: first ? "f1" : "f2" })] as never, nextCursor: first ? "c" : null };
  });
  const list = await new QueryClient().fetchQuery(functionsQuery());
  expect(list.map(({ _id }) => _id)).toEqual(["f1", "f2"]);
  expect(asked).toEqual([
    { code: "false", limit: 1_000, cursor: undefined },
    { code: "false", limit: 1_000, cursor: "c" },
  ]);
});
