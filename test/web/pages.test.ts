import { beforeAll, expect, test } from "vitest";
import { PAGES } from "../../src/api/pages.ts";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { type DialogPlace, dialogsIn, openDialog } from "../support/browser/dashboard-dialogs.ts";
import { ADMIN, startStandalone } from "../support/browser/dashboard-host.ts";
import { type Place, placesIn } from "../support/browser/dashboard-places.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import type { OpenPage, PageOptions } from "../support/browser/open-page.ts";
import { untranslatedTexts } from "../support/browser/page-texts.ts";
import { seed, type SeededWorld } from "../support/browser/seed.ts";

const START_MS_MAX = 120_000;
const PAGE_MS_MAX = 120_000;
const DIALOGS_MS_MAX = 240_000;
const PHONE = { width: 390, height: 844 } as const;

const DESKTOP = { width: 1_280, height: 800 } as const;

/** How each place is looked at first: in full. */
const FIRST_LOOK = {
  theme: "light",
  language: "en",
  viewport: DESKTOP,
} as const satisfies PageOptions;
/** And each page once more: what another language and a narrow window can break. */
const OTHER_LOOK = {
  theme: "dark",
  language: "zh",
  viewport: PHONE,
} as const satisfies PageOptions;

/** Who is not logged in is refused, which Chromium writes to the console. */
const NOBODY_YET = /status of 401 \(Unauthorized\) \(http:\S+\/api\/v1\/me\)/;

const open = browserOfFile();
let url: string;
let cookies: Cookies;
let world: SeededWorld;

beforeAll(async () => {
  const host = await startStandalone();
  url = host.client.url;
  world = await seed(host.client);
  cookies = await logIn(url, ADMIN);
  return async () => {
    await world.close();
    await host.stop();
  };
}, START_MS_MAX);

/** What is wrong with what a page says of itself, one text for each fault. */
async function textFaults(shown: OpenPage): Promise<readonly string[]> {
  const { headings, title } = await shown.page.evaluate(() => ({
    headings: [...document.querySelectorAll("h1")].filter((h1) => h1.checkVisibility()).length,
    title: document.title,
  }));
  const untranslated = await untranslatedTexts(shown.page);
  return [
    ...(headings === 1 ? [] : [`it has ${headings} headings of the first order`]),
    ...(/^\S.* · Tickwheel$/.test(title) ? [] : [`its title is "${title}"`]),
    ...untranslated.map((text) => `not a text: ${text}`),
  ];
}

/**
 * What is not accessible in either theme. A theme is nothing but colours, so the dark one is put on the same
 * page and judged by the one rule that is about colours.
 */
async function themeFaults(shown: OpenPage): Promise<readonly string[]> {
  const light = await shown.axe();
  await wear(shown, "dark");
  const dark = await shown.axe({ only: ["color-contrast"] });
  await wear(shown, "light");
  return [...light, ...dark.map((fault) => `dark: ${fault}`)];
}

async function wear(shown: OpenPage, theme: string): Promise<void> {
  await shown.page.evaluate((name) => {
    document.documentElement.dataset["theme"] = name;
  }, theme);
}

/** Where a page is wider than its window. */
async function sideways(shown: OpenPage): Promise<readonly string[]> {
  const wide = await shown.page.evaluate(() => {
    const { scrollWidth = 0, clientWidth = 0 } = document.scrollingElement ?? {};
    if (scrollWidth <= clientWidth) return null;
    const reaches = [...document.querySelectorAll("main *")].filter(
      (element) => element.getBoundingClientRect().right > clientWidth,
    );
    return `${scrollWidth} px in ${clientWidth}: ${reaches.at(-1)?.outerHTML.slice(0, 200) ?? ""}`;
  });
  return wide === null ? [] : [`it scrolls sideways: ${wide}`];
}

async function go(shown: OpenPage, place: Place): Promise<void> {
  await shown.page.goto(url + place.path, { waitUntil: "load" });
  await shown.settled();
}

/** One place in full: its texts, a narrow window, and both themes, of which tabs have no colours of their own. */
async function lookAt(
  shown: OpenPage,
  place: Place,
  hasThemes: boolean,
): Promise<readonly string[]> {
  await go(shown, place);
  const found = [...(await textFaults(shown))];
  found.push(...(await (hasThemes ? themeFaults(shown) : shown.axe())));
  await shown.page.setViewportSize(PHONE);
  found.push(...(await sideways(shown)));
  await shown.page.setViewportSize(DESKTOP);
  await shown.expectClean(place.isOutside ? [NOBODY_YET] : []);
  return found.map((fault) => `${place.path}: ${fault}`);
}

/** The places of a page, in a window of their own. */
async function windowOn(page: string, options: PageOptions): Promise<[OpenPage, readonly Place[]]> {
  const places = placesIn(world).filter((place) => place.page === page);
  expect(places).not.toEqual([]);
  const [isOutside = false] = places.map((place) => place.isOutside);
  const shown = await open(`${url}/healthz`, { ...options, ...(isOutside ? {} : { cookies }) });
  return [shown, places];
}

test.each(PAGES)(
  "%s is accessible in both themes, whole and without errors",
  async (page) => {
    const [shown, places] = await windowOn(page, FIRST_LOOK);
    const found: string[] = [];
    // One after the other: it is one page.
    // oxlint-disable-next-line no-await-in-loop
    for (const place of places)
      found.push(...(await lookAt(shown, place, !place.path.includes("?"))));
    expect(found).toEqual([]);
  },
  PAGE_MS_MAX,
);

test.each(PAGES)(
  "%s says everything in Chinese and fits on a phone",
  async (page) => {
    const [shown, [place]] = await windowOn(page, OTHER_LOOK);
    if (place === undefined) throw new Error("every page has a place");
    await go(shown, place);
    const found = [...(await textFaults(shown)), ...(await sideways(shown))];
    await shown.expectClean(place.isOutside ? [NOBODY_YET] : []);
    expect(found).toEqual([]);
  },
  PAGE_MS_MAX,
);

/** Everything of a dialog must be within reach: on screen, or by scrolling in it. */
async function lookAtDialog(shown: OpenPage, place: DialogPlace): Promise<readonly string[]> {
  await shown.page.goto(url + place.path, { waitUntil: "load" });
  await shown.settled();
  await openDialog(shown.page, place);
  await shown.settled();
  const found = [...(await themeFaults(shown)), ...(await sideways(shown))];
  await shown.page.setViewportSize(PHONE);
  const box = await shown.page.getByRole("dialog").boundingBox();
  const isWithin = box !== null && box.x >= 0 && box.x + box.width <= PHONE.width;
  if (!isWithin) found.push(`it is cut off: ${JSON.stringify(box)}`);
  await shown.expectClean();
  return found.map((fault) => `${place.name}: ${fault}`);
}

test(
  "the dialogs of the main actions are accessible in both themes and fit on a phone",
  async () => {
    const shown = await open(`${url}/healthz`, { ...FIRST_LOOK, cookies });
    const found: string[] = [];
    for (const place of dialogsIn(world)) {
      // oxlint-disable-next-line no-await-in-loop -- It is one page.
      await shown.page.setViewportSize(DESKTOP);
      // oxlint-disable-next-line no-await-in-loop
      found.push(...(await lookAtDialog(shown, place)));
    }
    expect(found).toEqual([]);
  },
  DIALOGS_MS_MAX,
);
