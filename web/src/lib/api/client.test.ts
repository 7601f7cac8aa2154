// @vitest-environment node
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiError, get, post, toApiError } from "./client";

let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = (status: number, body: string) => response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    if (request.url === "/compile") {
      answer(400, '{"error":"unexpected token","code":"compile_error","details":{"line":3,"column":7}}');
    } else if (request.url === "/proxy") {
      response.writeHead(502).end("<html>bad gateway</html>");
    } else {
      answer(200, JSON.stringify({ url: request.url }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const failure = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${String(error)}`);
  return error;
};

it("leaves out of a query what is not given", async () => {
  expect(await get(`${url}/list`, { limit: 5, status: undefined })).toEqual({ url: "/list?limit=5" });
});

it("keeps the code of a failure, and where in the code it is", async () => {
  const error = await failure(post(`${url}/compile`, {}));
  expect(error).toMatchObject({ status: 400, code: "compile_error", message: "unexpected token", place: { line: 3, column: 7 } });
});

it("makes a sentence of an answer that is not the API's", async () => {
  expect(await failure(get(`${url}/proxy`))).toMatchObject({ status: 502, code: "unknown", message: "The server answered 502." });
});

it("knows a server that is not there", async () => {
  expect(await failure(get("http://127.0.0.1:1/"))).toMatchObject({ status: 0, code: "offline" });
});

it("makes one kind of error of all others", () => {
  expect(toApiError(new Error("odd"))).toMatchObject({ code: "unknown", message: "odd" });
  expect(toApiError("text").message).toBe("text");
});
