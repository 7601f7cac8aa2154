import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, pricing } from "../../../tests/samples";
import { EgressCard } from "./EgressCard";
import { FunctionForm } from "./FunctionForm";

const common = {
  "GET /api/costs/pricing": { success: true, data: pricing },
  "POST /api/costs/estimate": { success: true, data: { estimatedDuration: 5, basis: "history" } },
};

it("adds, checks and removes rules, and sends them with their headers", async () => {
  const asked = answerWith({ ...common, "PUT /api/functions/f1": aFunction() });
  const { router } = show(<FunctionForm fn={aFunction()} />);
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "The code may request" }), "Only what the rules allow");
  await userEvent.click(screen.getByRole("button", { name: "Allow a host" }));
  await userEvent.click(screen.getByRole("button", { name: "Deny a host" }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByText("A rule about requests is invalid.")).toBeTruthy();
  const allow = within(screen.getByRole("list", { name: "Rules that allow requests" }));
  await userEvent.type(allow.getByRole("textbox", { name: "Allow host" }), "api.stripe.com");
  await userEvent.type(allow.getByRole("textbox", { name: "Ports" }), "443");
  await userEvent.type(allow.getByRole("textbox", { name: "Headers that the server sets" }), "authorization: Bearer ${{secret:KEY}");
  await userEvent.click(screen.getByRole("button", { name: "Remove the rule about no host" }));
  expect(document.activeElement?.textContent).toBe("Deny a host");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/functions/f1"));
  expect(asked.find(({ request }) => request.startsWith("PUT"))?.body).toMatchObject({
    config: { egress: { allow: [{ host: "api.stripe.com", ports: [443], headers: { authorization: "Bearer ${secret:KEY}" } }] } },
  });
});

it("explains what would happen to a request of the function", async () => {
  const refusal = "the function's rules refuse internal.example.com";
  const asked = answerWith({
    "POST /api/functions/f1/egress/check": {
      url: "https://internal.example.com/",
      allowed: false,
      refusal,
      addresses: [{ address: "10.0.0.1", refusal: "a private address" }],
      headers: ["authorization"],
    },
  });
  const fn = aFunction({ config: { ...aFunction().config, egress: { allow: [{ host: "a.com" }], deny: [] } } });
  show(<EgressCard fn={fn} />);
  expect(screen.getByText("The function has 1 rule to allow and 0 rules to deny.")).toBeTruthy();
  const url = screen.getByRole("textbox", { name: "URL" });
  await userEvent.clear(url);
  await userEvent.type(url, "https://internal.example.com");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Method" }), "POST");
  await userEvent.click(screen.getByRole("button", { name: "Check" }));
  expect(await screen.findByText(`The request would be refused: ${refusal}`)).toBeTruthy();
  expect(screen.getByRole("list", { name: "Addresses" }).textContent).toBe("10.0.0.1 a private address");
  expect(asked).toContainEqual({ request: "POST /api/functions/f1/egress/check", body: { url: "https://internal.example.com", method: "POST" } });
});
