/** A fake API for component tests. It records the requests. */
import { vi } from "vitest";
import * as client from "@/lib/api/client";

type Answer = unknown | ((body: unknown) => unknown);

/** Answers by method and path. Any other request fails. Returns the list of requests, which grows. */
export function answerWith(answers: Record<string, Answer>) {
  const asked: { request: string; body?: unknown }[] = [];
  const answer = async (method: string, path: string, body?: unknown) => {
    const request = `${method} ${path}`;
    asked.push(body === undefined ? { request } : { request, body });
    if (!(request in answers)) throw new client.ApiError(`the test has no answer for ${request}`, 500, "unknown");
    const found = answers[request];
    return (typeof found === "function" ? (found as (body: unknown) => unknown)(body) : found) as never;
  };
  vi.spyOn(client, "get").mockImplementation((path) => answer("GET", path));
  vi.spyOn(client, "getPage").mockImplementation(async (path) => ({ data: await answer("GET", path), nextCursor: null }));
  vi.spyOn(client, "post").mockImplementation((path, body) => answer("POST", path, body));
  vi.spyOn(client, "put").mockImplementation((path, body) => answer("PUT", path, body));
  vi.spyOn(client, "del").mockImplementation((path) => answer("DELETE", path));
  return asked;
}
