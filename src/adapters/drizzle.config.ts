import type { Config } from "drizzle-kit";

/** What `npm run migrations` compares the last migration with, and where it writes the next one. */
export default {
  dialect: "turso",
  schema: [
    "./src/adapters/records-schema.ts",
    "./src/adapters/records-workflow-schema.ts",
    "./src/adapters/people-schema.ts",
  ],
  out: "./migrations",
} satisfies Config;
