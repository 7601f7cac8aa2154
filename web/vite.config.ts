/// <reference types="vitest/config" />
import path from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The running server that `npm run dev` shows. */
const server = process.env["FAAS_URL"] ?? "http://127.0.0.1:5000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": path.resolve(import.meta.dirname, "src") } },
  server: {
    proxy: {
      // With its own host, which the page's origin is compared with.
      "/api": { target: server, changeOrigin: false },
      "/ws": { target: server, ws: true },
    },
  },
  build: {
    // The folder above is watched by the server's build, so it is always there.
    outDir: "dist/app",
    target: "es2022",
    // What the server embeds: nothing that only helps to debug.
    sourcemap: false,
    // Everything is a file: a data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./tests/setup.ts"],
    restoreMocks: true,
  },
});
