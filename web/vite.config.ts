import { preact } from "@preact/preset-vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** The dashboard: one page, its chunks under /assets with hashes in their names. */
const config = defineConfig({
  root: import.meta.dirname,
  plugins: [preact({ devToolsEnabled: false, reactAliasesEnabled: true }), tailwindcss()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
  },
});

// oxlint-disable-next-line import/no-default-export -- Vite reads the default export.
export default config;
