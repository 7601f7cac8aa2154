/// <reference types="vitest/config" />
import path from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `npm run dev` uses. */
const server = process.env["FAAS_URL"] ?? "http://127.0.0.1:5000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": path.resolve(import.meta.dirname, "src") } },
  server: {
    proxy: {
      // Keep the Host header: the server compares it with the origin of the page.
      "/api": { target: server, changeOrigin: false },
      "/ws": { target: server, ws: true },
    },
  },
  build: {
    // The build of the server watches the parent folder, which always exists.
    outDir: "dist/app",
    target: "es2022",
    // The server embeds the files: no source maps.
    sourcemap: false,
    // No data: URLs: the content security policy does not allow them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./tests/setup.ts"],
    restoreMocks: true,
    // Only a hang takes this long, also on a busy machine.
    testTimeout: 60_000,
  },
});
