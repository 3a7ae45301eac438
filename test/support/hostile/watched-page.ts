import type { Page } from "playwright-core";
import type { OpenPage } from "../browser/open-page.ts";

const TABS_MAX = 12;
const FOLDS_MAX = 8;

/** A page in which attacks may try themselves, with everything that would show that one has worked. */
export class WatchedPage {
  /** Payloads, by their numbers, that stood in the page at some moment. */
  readonly shown = new Set<number>();
  readonly #open: OpenPage;
  readonly #origin: string;
  readonly #faults: string[] = [];

  private constructor(open: OpenPage, origin: string) {
    this.#open = open;
    this.#origin = origin;
  }

  /** Watches a page from now on: whatever is loaded in it has the marker. */
  static async over(open: OpenPage, origin: string): Promise<WatchedPage> {
    const watched = new WatchedPage(open, origin);
    const { page } = open;
    const faults = watched.#faults;
    await page.exposeBinding("__xss", (_source, n) => void faults.push(`payload ${String(n)} ran`));
    page.context().on("page", (other) => faults.push(`another window: ${other.url()}`));
    page.on("request", (request) => {
      const url = request.url();
      const isOurs = url.startsWith(`${origin}/`) || url.startsWith("data:image/");
      if (!isOurs) faults.push(`a request to elsewhere: ${url}`);
    });
    return watched;
  }

  /** Goes to a page, opens all its tabs and folds, and throws with whatever an attack has achieved there. */
  async lookThrough(path: string): Promise<void> {
    const { page } = this.#open;
    await page.goto(`${this.#origin}${path}`, { waitUntil: "load" });
    await this.#look(path);
    for (let tab = 0; tab < TABS_MAX; tab++) {
      const tabs = page.getByRole("tab");
      // oxlint-disable-next-line no-await-in-loop -- One tab after the other, as they change the page.
      if ((await tabs.count()) <= tab) break;
      // oxlint-disable-next-line no-await-in-loop
      await tabs.nth(tab).click();
      // oxlint-disable-next-line no-await-in-loop
      await this.#look(path);
    }
    await this.#unfold();
    await this.#look(path);
  }

  /** What a viewer does who looks for something: types it into what finds pages. */
  async search(text: string): Promise<void> {
    const { page } = this.#open;
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").last().fill(text);
    await this.#look(new URL(page.url()).pathname);
    await page.keyboard.press("Escape");
  }

  async #unfold(): Promise<void> {
    const { page } = this.#open;
    // A dialog lies over everything else.
    const place = (await page.getByRole("dialog").count()) > 0 ? "[role=dialog]" : "main";
    const folds = page.locator(`${place} summary, ${place} [aria-expanded='false']`);
    const count = Math.min(await folds.count(), FOLDS_MAX);
    for (let i = 0; i < count; i++) {
      const fold = folds.nth(i);
      // What a fold before it has hidden or opened is no matter.
      // oxlint-disable-next-line no-await-in-loop
      if ((await fold.count()) > 0 && (await fold.isVisible())) await fold.click();
    }
  }

  async #look(path: string): Promise<void> {
    await this.#open.settled();
    const { page } = this.#open;
    const text = await page.evaluate(textsOf);
    const grown = [
      ...(await page.evaluate(grownOf, [this.#origin, NEVER] as const)),
      ...(await page.evaluate(badLinksOf, this.#origin)),
    ];
    for (const [, n] of text.matchAll(/__xss\((\d+)\)/g)) this.shown.add(Number(n));
    const here = new URL(page.url());
    const isHere = here.origin === this.#origin && here.pathname === new URL(path, here).pathname;
    const faults = [
      ...this.#faults,
      ...grown.map((element) => `grown from a text: ${element}`),
      ...(isHere ? [] : [`it went to ${page.url()}`]),
    ];
    if (faults.length > 0) throw new Error(`${path}:\n${faults.join("\n")}`);
    await this.#open.expectClean(EXPECTED);
  }
}

/** Things that are not there are asked for. */
const EXPECTED = [/^console: Failed to load resource: the server responded with a status of 4\d\d/];

/** Elements and attributes that our pages never have. */
const NEVER =
  "iframe,frame,object,embed,base,math,marquee,audio,video,template,portal,svg script,svg animate," +
  "svg set,meta[http-equiv],[srcdoc],[formaction],[action],[onload],[onerror],x,keygen,isindex";

/** Runs in the page: what was made of a text that should be none. */
function grownOf([origin, never]: readonly [string, string]): readonly string[] {
  const scripts = [...document.scripts].filter(({ src }) => !src.startsWith(`${origin}/assets/`));
  const others = [...document.querySelectorAll("*")].filter(({ attributes }) =>
    [...attributes].some(({ name }) => name.startsWith("on")),
  );
  const all = [...document.querySelectorAll(never), ...scripts, ...others];
  return all.map(({ outerHTML }) => outerHTML.slice(0, 300));
}

/** Runs in the page: what leads away, or is nothing that leads anywhere. */
function badLinksOf(origin: string): readonly string[] {
  const isBad = (element: Element, value: string): boolean => {
    const url = new URL(value, origin);
    if (url.origin === origin || value.startsWith("data:image/")) return false;
    const isLink = /^https?:$/.test(url.protocol) && element instanceof HTMLAnchorElement;
    return !isLink || !/noreferrer.*noopener|noopener.*noreferrer/.test(element.rel);
  };
  const names = new Set(["href", "src", "xlink:href", "data", "poster"]);
  return [...document.querySelectorAll("*")]
    .filter((element) =>
      [...element.attributes].some(({ name, value }) => names.has(name) && isBad(element, value)),
    )
    .map(({ outerHTML }) => outerHTML.slice(0, 300));
}

/** Runs in the page. */
function textsOf(): string {
  const values = [...document.querySelectorAll<HTMLInputElement>("input,textarea")].map(
    ({ value }) => value,
  );
  return [document.documentElement.textContent, ...values].join("\n");
}

/** The numbers of the payloads that a page runs which protects nothing; it fills while they run. */
export async function payloadsThatRun(page: Page, url: string): Promise<ReadonlySet<number>> {
  const ran = new Set<number>();
  await page.exposeBinding("__xss", (_source, n) => void ran.add(Number(n)));
  await page.goto(url, { waitUntil: "commit" });
  return ran;
}
