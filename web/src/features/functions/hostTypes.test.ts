import { expect, it } from "vitest";
import { completionsAfter, findUnknownFunction, readHostTypes } from "./hostTypes";

const FILE = `\
/** The second argument of a function. */
interface Context {
  /** The execution's id. */
  readonly executionId: string;
  readonly inventory: Bindings.inventory.Functions;
  readonly secret?: Bindings.secret.Functions;
}

declare namespace Bindings {
  namespace inventory {
    type Reserve = { count?: number | null; sku: string };
    interface Functions {
      count(): Promise<number>;
      reserve(argument: Reserve): Promise<{ id: string }>;
    }
  }
  namespace secret {
    interface Functions {
    }
  }
}
`;
const types = readHostTypes(FILE);
const offered = (text: string) => completionsAfter(text, types)?.options.map((option) => option.label);

it("offers the members of the context and the functions of a binding", () => {
  expect(offered("return context.")).toEqual(["executionId", "inventory", "secret"]);
  expect(offered("return context.inv")).toEqual(["executionId", "inventory", "secret"]);
  expect(completionsAfter("await context\n  .inventory.res", types)).toEqual({
    typed: "res",
    options: [
      { label: "count", detail: "(): Promise<number>", kind: "method" },
      { label: "reserve", detail: "(argument: Reserve): Promise<{ id: string }>", kind: "method" },
    ],
  });
  expect(offered("mycontext.")).toBeUndefined();
  expect(offered("context.other.")).toBeUndefined();
  expect(offered("context")).toBeUndefined();
});

it("finds a call of a function that its binding does not have", () => {
  const code = "const a = 1\nreturn await context.inventory.resreve({ sku: 'a' })";
  expect(findUnknownFunction(code, types)).toEqual({
    message: "inventory has no function resreve: it has count, reserve",
    line: 2,
    column: 32,
  });
  expect(findUnknownFunction("context.secret.read()", types)?.message).toBe("secret has no function read: it has none");
  expect(findUnknownFunction("context.inventory.count(); context.other.read()", types)).toBeNull();
});
