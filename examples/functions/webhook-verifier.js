// Checks the signature of a webhook: HMAC-SHA-256 of the time and the body, as Stripe signs them.
// The secret is the function's secret WEBHOOK_SECRET.
const TOLERANCE = 300;

const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

export default async ({ signature, body, now = Date.now() / 1000 }, { env }) => {
  const parts = Object.fromEntries(signature.split(",").map((part) => part.split("=")));
  if (Math.abs(now - Number(parts.t)) > TOLERANCE) return { valid: false, reason: "too old" };
  const secret = new TextEncoder().encode(env.WEBHOOK_SECRET);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${parts.t}.${body}`);
  const valid = await crypto.subtle.verify("HMAC", key, hex(parts.v1 ?? ""), signed);
  return valid ? { valid, event: JSON.parse(body) } : { valid, reason: "wrong signature" };
};
