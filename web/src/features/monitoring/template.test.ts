import { expect, it } from "vitest";
import { fillTemplate } from "./template";

it("replaces placeholders as the server does", () => {
  expect(fillTemplate({ n: "{{i}}", text: "call {{i}} of {{i}}", list: ["{{i}}", 5, null], plain: true }, 7)).toEqual({
    n: 7,
    text: "call 7 of 7",
    list: [7, 5, null],
    plain: true,
  });
  expect(fillTemplate("{{random}}", 0)).toSatisfy((value: unknown) => Number.isInteger(value) && Number(value) < 2 ** 31);
  expect(fillTemplate("x{{random}}", 0)).toMatch(/^x\d+$/);
});
