// Reads from an API, and keeps the answer for a minute while the isolate is warm.
const KEPT_FOR = 60_000;
const answers = new Map();

export default async ({ url }) => {
  const known = answers.get(url);
  if (known && Date.now() - known.at < KEPT_FOR) return { ...known.answer, cached: true };
  const response = await fetch(url, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const answer = { data: await response.json() };
  answers.set(url, { answer, at: Date.now() });
  return { ...answer, cached: false };
};
