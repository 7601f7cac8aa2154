// @vitest-environment node
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiError, get, getAs, getPage, listenForRefusal, post, sendKey, toApiError } from "./client";

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
    } else if (request.url?.startsWith("/paged")) {
      if (!request.url.includes("cursor")) response.setHeader("X-Next-Cursor", "abc");
      answer(200, JSON.stringify([request.url]));
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

it("leaves out undefined parameters", async () => {
  expect(await get(`${url}/list`, { limit: 5, status: undefined })).toEqual({ url: "/list?limit=5" });
});

it("keeps the code of an error and its place", async () => {
  const error = await failure(post(`${url}/compile`, {}));
  expect(error).toMatchObject({ status: 400, code: "compile_error", message: "unexpected token", place: { line: 3, column: 7 } });
});

it("describes an error that is not from the API", async () => {
  expect(await failure(get(`${url}/proxy`))).toMatchObject({ status: 502, code: "unknown", message: "The server answered 502." });
});

it("reports an unreachable server", async () => {
  expect(await failure(get("http://127.0.0.1:1/"))).toMatchObject({ status: 0, code: "offline" });
});

it("converts any other error", () => {
  expect(toApiError(new Error("odd"))).toMatchObject({ code: "unknown", message: "odd" });
  expect(toApiError("text").message).toBe("text");
});

it("sends the key with every request, and reports each refusal with its key", async () => {
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

it("reports a refusal of another key only to the caller", async () => {
  const refused: unknown[] = [];
  listenForRefusal((error) => refused.push(error));
  expect(await getAs("right", `${url}/key`)).toEqual({ authorization: "Bearer right" });
  await failure(getAs("wrong", `${url}/key`));
  expect(refused).toEqual([]);
});

it("keeps the delay that the server asks for", async () => {
  expect(await failure(get(`${url}/busy`))).toMatchObject({ status: 429, code: "rate_limited", retryAfter: 7 });
});

it("reads the cursor of the next page from its header", async () => {
  expect(await getPage(`${url}/paged`, { limit: 2, cursor: undefined })).toEqual({ data: ["/paged?limit=2"], nextCursor: "abc" });
  expect(await getPage(`${url}/paged`, { limit: 2, cursor: "abc" })).toEqual({ data: ["/paged?limit=2&cursor=abc"], nextCursor: null });
});
