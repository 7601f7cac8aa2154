// @vitest-environment node
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiError, get, getAs, listenForRefusal, post, sendKey, toApiError } from "./client";

let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = (status: number, body: string) => response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    if (request.url === "/compile") {
      answer(400, '{"error":"unexpected token","code":"compile_error","details":{"line":3,"column":7}}');
    } else if (request.url === "/proxy") {
      response.writeHead(502).end("<html>bad gateway</html>");
    } else if (request.url === "/busy") {
      response.setHeader("Retry-After", "7");
      answer(429, '{"error":"too many requests","code":"rate_limited"}');
    } else if (request.url === "/key") {
      const { authorization = null } = request.headers;
      const ok = authorization === "Bearer right";
      answer(ok ? 200 : 401, JSON.stringify(ok ? { authorization } : { error: "no", code: "key_invalid" }));
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

it("sends the key with every request, and tells of each that is refused, with the key it had", async () => {
  const refused: unknown[] = [];
  listenForRefusal(({ code }, key) => refused.push([code, key]));
  sendKey("right");
  expect(await get(`${url}/key`)).toEqual({ authorization: "Bearer right" });
  sendKey("wrong");
  await failure(get(`${url}/key`));
  sendKey(null);
  await failure(post(`${url}/key`));
  expect(refused).toEqual([["key_invalid", "wrong"], ["key_invalid", null]]);
});

it("asks with another key without a word to anybody else", async () => {
  const refused: unknown[] = [];
  listenForRefusal((error) => refused.push(error));
  expect(await getAs("right", `${url}/key`)).toEqual({ authorization: "Bearer right" });
  await failure(getAs("wrong", `${url}/key`));
  expect(refused).toEqual([]);
});

it("knows when a server that has had enough takes the next request", async () => {
  expect(await failure(get(`${url}/busy`))).toMatchObject({ status: 429, code: "rate_limited", retryAfter: 7 });
});
