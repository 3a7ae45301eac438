import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// Hundreds of processes start from the same sources: Node strips their types and compiles them once.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("../node_modules/.cache/tickwheel/compiled", import.meta.url),
);

/**
 * `node` runs on Node; `workers` runs inside workerd, on real Durable Object SQLite; `browser` looks at the
 * dashboard with Chromium.
 */
const config = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/workers/**", "test/web/**"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          // One project after the other: both spawn processes, and the machine may have two cores.
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./test/workers/wrangler.toml" } })],
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/web/**/*.test.ts"],
          globalSetup: ["test/support/browser/browser-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

// oxlint-disable-next-line import/no-default-export -- Vitest reads the default export.
export default config;
