import { createHash } from "node:crypto";

/** Master keys of tests: they look random and are the same in each run. */
export const MASTER_KEY = createHash("sha256").update("a master key").digest("base64");
export const OTHER_MASTER_KEY = createHash("sha256").update("another master key").digest("base64");
