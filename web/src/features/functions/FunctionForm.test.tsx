import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, pricing } from "../../../tests/samples";
import { ApiError } from "@/lib/api/client";
import { FunctionForm } from "./FunctionForm";

const sample = { name: "Array Sum", description: "Adds up", code: `return ${"1 + ".repeat(40)}1`, input: {}, expectedOutput: 41 };
const common = {
  "GET /api/samples": [sample],
  "GET /api/costs/pricing": { success: true, data: pricing },
};

it("names what is missing before it sends anything", async () => {
  const asked = answerWith(common);
  show(<FunctionForm fn={null} />);
  await userEvent.click(await screen.findByRole("button", { name: "Upload" }));
  expect(screen.getByText("It needs a name.")).toBeTruthy();
  expect(screen.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).toBe("true");
  expect(asked.some(({ request }) => request.startsWith("POST"))).toBe(false);
});

it("begins with a sample, shows its tier, uploads it and goes to it", async () => {
  const asked = answerWith({ ...common, "POST /api/functions": aFunction({ _id: "new" }) });
  const { router } = show(<FunctionForm fn={null} />);
  await screen.findByRole("option", { name: "Array Sum" });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Begin with" }), "Array Sum");
  expect(await screen.findByText("Standard")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Upload" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/functions/new"));
  expect(asked.find(({ request }) => request === "POST /api/functions")?.body).toMatchObject({
    name: "Array Sum",
    code: sample.code,
    config: { timeout: 30_000, retryCount: 3 },
  });
});

it("says at which line the server found a mistake, until the code is changed", async () => {
  answerWith({
    ...common,
    "POST /api/costs/estimate": { success: true, data: { estimatedDuration: 5, basis: "history" } },
    "PUT /api/functions/f1": () => {
      throw new ApiError("unexpected token", 400, "compile_error", { line: 2, column: 3 });
    },
  });
  show(<FunctionForm fn={aFunction({ code: "const a = 1\nreturn +*" })} />);
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Line 2: unexpected token");
});
