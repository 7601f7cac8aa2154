import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/*.test.ts"],
    // One server and one browser at a time: they need the machine.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // A busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
  },
});
