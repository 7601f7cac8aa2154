// Counts visits, also when many run at the same time. Needs `config.kv`, such as `true`.
export default async ({ page = "/" }, { kv }) => {
  for (;;) {
    const before = await kv.get(page);
    const now = Number(before) + 1;
    // Sets the value only if no other execution has changed it meanwhile.
    if (await kv.compareAndSet(page, before, String(now))) return { page, visits: now };
  }
};
