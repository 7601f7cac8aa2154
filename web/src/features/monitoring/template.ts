/** The placeholders in the input of a load test, as the server replaces them. */
import type { Json } from "@/lib/api/types";

/** Replaces `{{i}}` and `{{random}}` in all strings. A string with nothing but a placeholder becomes a number. */
export function fillTemplate(input: Json, number: number): Json {
  if (typeof input === "string") return fillText(input, number);
  if (Array.isArray(input)) return input.map((item: Json) => fillTemplate(item, number));
  if (typeof input === "object" && input !== null) {
    return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, fillTemplate(value, number)]));
  }
  return input;
}

/** A random whole number below 2³¹. */
const random = () => Math.floor(Math.random() * 2 ** 31);

function fillText(text: string, number: number): Json {
  if (text === "{{i}}") return number;
  if (text === "{{random}}") return random();
  return text.replaceAll("{{i}}", String(number)).replaceAll("{{random}}", () => String(random()));
}
