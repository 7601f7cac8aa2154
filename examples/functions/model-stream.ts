// Reads the answer of a model as it is made: server-sent events with pieces of text. The key is not
// here: a rule of `config.egress` adds it, such as
// { "host": "api.openai.com", "headers": { "authorization": "Bearer ${secret:MODEL_KEY}" } }.
interface Input {
  url: string;
  question: string;
}

export default async ({ url, question }: Input) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ stream: true, messages: [{ role: "user", content: question }] }),
  });
  if (!response.ok || !response.body) throw new Error(`the model answered ${response.status}`);
  let rest = "", answer = "", pieces = 0;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      answer += JSON.parse(line.slice(6)).choices[0].delta.content ?? "";
      pieces += 1;
    }
  }
  return { answer, pieces };
};
