import type { TestProject } from "vitest/node";
import { type Chromium, findChromium } from "./chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly chromium: Chromium;
  }
}

/** Runs once before the tests in a browser, and tells them which one they have. */
export async function setup(project: TestProject): Promise<void> {
  const chromium = await findChromium((line) => void process.stderr.write(`${line}\n`));
  project.provide("chromium", chromium);
}
