import type { Browser } from "playwright-core";
import { beforeAll, inject, onTestFinished } from "vitest";
import { launch } from "./launch.ts";
import { OpenPage, type PageOptions } from "./open-page.ts";

const START_MS_MAX = 60_000;

/** Opens a page in the browser of the test file; it is closed when the running test ends. */
export type Open = (url: string, options?: PageOptions) => Promise<OpenPage>;

/**
 * Declares that the tests of this file share one browser, in which each page has cookies and storage of its
 * own. A test that fails leaves a picture of each page it had open.
 */
export function browserOfFile(): Open {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(inject("chromium"));
    return () => browser.close();
  }, START_MS_MAX);
  return async (url, options) => {
    const open = await OpenPage.open(browser, url, options);
    onTestFinished(async ({ task }) => {
      if (task.result?.state === "fail") await open.shot(`failed-${task.name}`);
      await open.close();
    });
    return open;
  };
}
