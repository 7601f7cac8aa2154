import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../../tests/render";
import { anExecution } from "../../tests/samples";
import schema from "../../openapi.json";
import { ExecutionTable } from "./ExecutionTable";
import { ERROR_KINDS, failureSentence, failureWord } from "./Outcome";

it("describes every kind of failure of the API", () => {
  expect([...ERROR_KINDS].toSorted()).toEqual(schema.components.schemas.ErrorKind.enum.toSorted());
  for (const kind of ERROR_KINDS) expect(failureSentence(kind), kind).toMatch(/\.$/);
  expect(new Set(ERROR_KINDS.map(failureWord)).size).toBe(ERROR_KINDS.length);
  expect(failureWord("of_a_later_release")).toBe("of a later release");
  expect(failureSentence("toString")).toBeNull();
});

it("shows the kind of failure in a list of executions", async () => {
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

it("says that a list leaves out a long output", async () => {
  show(<ExecutionTable label="Executions" rows={[anExecution({ output: null, truncated: ["output"] })]} empty={null} />);
  expect(await screen.findByText("too long for the list")).toBeTruthy();
});
