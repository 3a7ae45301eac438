import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { eventually } from "../eventually.ts";
import { axeViolations, type AxeWish } from "./axe.ts";
import type { Cookies } from "./log-in.ts";
import { collectFaults } from "./page-faults.ts";
import { PendingRequests } from "./pending-requests.ts";

const STEP_MS_MAX = 15_000;
const SETTLE_MS_MAX = 10_000;
/** A page whose requests are all answered asks for more within this time, if it does. */
const QUIET_MS = 400;
const SCREENSHOTS = "test-results/screenshots";

/** What stands in the place of what is still loading. */
const LOADING = '[aria-busy="true"], [role="status"] > .animate-pulse';

/** How a page is looked at. What is left out is as in a new browser with a desktop's window. */
export interface PageOptions {
  /** Of a login. */
  readonly cookies?: Cookies;
  /** Sent as bearer with every request of the page, in the place of a login. */
  readonly token?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** What the operating system of the viewer prefers. */
  readonly colorScheme?: "light" | "dark";
  /** What the viewer chose in the dashboard. */
  readonly theme?: "light" | "dark" | "system";
  readonly language?: "en" | "zh";
  /** The languages that the browser asks for, such as `zh-CN`. */
  readonly locale?: string;
  readonly timezone?: string;
  readonly reducedMotion?: "reduce" | "no-preference";
}

/** One tab in a browser of its own cookies and storage, with everything that goes wrong in it. */
export class OpenPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #faults: readonly string[];
  readonly #requests: PendingRequests;

  private constructor(context: BrowserContext, page: Page, faults: readonly string[]) {
    this.#context = context;
    this.page = page;
    this.#faults = faults;
    this.#requests = new PendingRequests(page);
  }

  /** Opens an address, and resolves when the page and what it names are loaded. Whoever opens it closes it. */
  static async open(browser: Browser, url: string, options: PageOptions = {}): Promise<OpenPage> {
    const context = await browser.newContext(contextOptions(url, options));
    context.setDefaultTimeout(STEP_MS_MAX);
    const page = await context.newPage();
    const open = new OpenPage(context, page, await collectFaults(page));
    await page.goto(url, { waitUntil: "load" });
    return open;
  }

  /** Everything that went wrong until now, in order. */
  async faults(): Promise<readonly string[]> {
    // What the page has told before this answer has arrived before it.
    if (!this.page.isClosed()) await this.page.evaluate("0");
    return this.#faults;
  }

  /** Throws with all faults but those that the test provokes itself. */
  async expectClean(except: readonly RegExp[] = []): Promise<void> {
    const faults = await this.faults();
    const others = faults.filter((fault) => !except.some((pattern) => pattern.test(fault)));
    if (others.length > 0) throw new Error(`The page is not clean:\n${others.join("\n")}`);
  }

  /** What axe-core finds wrong with the page as it is now; empty when nothing is. */
  axe(wish: AxeWish = {}): Promise<readonly string[]> {
    return axeViolations(this.page, wish);
  }

  /** Resolves when nothing loads any more, neither over the network nor on screen. */
  async settled(): Promise<void> {
    const isSettledNow = async (): Promise<true | undefined> => {
      if (this.#requests.quietMs() < QUIET_MS) return undefined;
      return (await this.page.evaluate(isSettled, LOADING)) ? true : undefined;
    };
    await eventually(`${this.page.url()} is settled`, isSettledNow, SETTLE_MS_MAX);
  }

  /**
   * Writes the page as a PNG: all of it, or what fits into the window. The folder is SCREENSHOTS unless it is
   * named.
   */
  async shot(name: string, folder?: string, extent: "all" | "window" = "all"): Promise<void> {
    const into = folder ?? process.env["SCREENSHOTS"] ?? SCREENSHOTS;
    mkdirSync(into, { recursive: true });
    const path = join(into, `${name.replaceAll(/[^\w.-]+/g, "-")}.png`);
    await this.page.screenshot({ path, fullPage: extent === "all", animations: "disabled" });
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}

/** Runs in the page. */
function isSettled(loading: string): boolean {
  const isLoading =
    document.querySelector("h1") === null || document.querySelector(loading) !== null;
  return !isLoading && document.fonts.status === "loaded";
}

function contextOptions(
  url: string,
  options: PageOptions,
): NonNullable<Parameters<Browser["newContext"]>[0]> {
  const { cookies = [], token, theme, language, timezone, locale, ...others } = options;
  const stored = { "tw.theme": theme, "tw.language": language };
  const localStorage = Object.entries(stored).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  return {
    ...others,
    locale: locale ?? "en-GB",
    timezoneId: timezone ?? "Asia/Shanghai",
    ...(token !== undefined && { extraHTTPHeaders: { authorization: `Bearer ${token}` } }),
    storageState: {
      cookies: [...cookies],
      origins: [{ origin: new URL(url).origin, localStorage }],
    },
  };
}
