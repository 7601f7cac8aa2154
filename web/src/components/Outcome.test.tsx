import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../../tests/render";
import { anExecution } from "../../tests/samples";
import schema from "../../openapi.json";
import { ExecutionTable } from "./ExecutionTable";
import { ERROR_KINDS, failureSentence, failureWord } from "./Outcome";

it("has a word and a sentence for every kind of failure that the API knows", () => {
  expect([...ERROR_KINDS].toSorted()).toEqual(schema.components.schemas.ErrorKind.enum.toSorted());
  for (const kind of ERROR_KINDS) expect(failureSentence(kind), kind).toMatch(/\.$/);
  expect(new Set(ERROR_KINDS.map(failureWord)).size).toBe(ERROR_KINDS.length);
  expect(failureWord("of_a_later_release")).toBe("of a later release");
  expect(failureSentence("toString")).toBeNull();
});

it("says in a list why executions failed, and nothing more of those that did not", async () => {
  const rows = [
    anExecution({ _id: "e1", status: "failed", errorKind: "out_of_memory", output: null }),
    anExecution({ _id: "e2", status: "failed", errorKind: "user_error", output: null }),
    anExecution({ _id: "e3" }),
  ];
  show(<ExecutionTable label="Executions" rows={rows} empty={null} />);
  await screen.findByText("Out of memory");
  const states = screen.getAllByRole("row").slice(1).map((row) => row.querySelectorAll("td")[1]?.textContent);
  expect(states).toEqual(["FailedOut of memory", "FailedError in the function", "Completed"]);
});
