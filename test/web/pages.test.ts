import { beforeAll, describe, expect, test } from "vitest";
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

/** Both themes, both languages and both widths, in two looks. */
const LOOKS = {
  "light, English, on a desktop": {
    theme: "light",
    language: "en",
    viewport: { width: 1_280, height: 800 },
  },
  "dark, Chinese, on a phone": { theme: "dark", language: "zh", viewport: PHONE },
} as const satisfies Readonly<Record<string, PageOptions>>;

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

/** What is wrong with a page as it is shown now, one text for each fault. */
async function wrongs(shown: OpenPage): Promise<readonly string[]> {
  const { headings, title } = await shown.page.evaluate(() => ({
    headings: [...document.querySelectorAll("h1")].filter((h1) => h1.checkVisibility()).length,
    title: document.title,
  }));
  const untranslated = await untranslatedTexts(shown.page);
  return [
    ...(headings === 1 ? [] : [`it has ${headings} headings of the first order`]),
    ...(/^\S.* · Tickwheel$/.test(title) ? [] : [`its title is "${title}"`]),
    ...untranslated.map((text) => `not a text: ${text}`),
    ...(await shown.axe()),
    ...(await sideways(shown)),
  ];
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

async function look(shown: OpenPage, place: Place): Promise<readonly string[]> {
  await shown.page.goto(url + place.path, { waitUntil: "load" });
  await shown.settled();
  const found = [...(await wrongs(shown))];
  const { width } = shown.page.viewportSize() ?? PHONE;
  if (width !== PHONE.width) {
    const desktop = shown.page.viewportSize() ?? PHONE;
    await shown.page.setViewportSize(PHONE);
    found.push(...(await sideways(shown)));
    await shown.page.setViewportSize(desktop);
  }
  await shown.expectClean(place.isOutside ? [NOBODY_YET] : []);
  return found.map((fault) => `${place.path}: ${fault}`);
}

describe.each(Object.entries(LOOKS))("%s", (_name, options) => {
  test.each(PAGES)(
    "%s is accessible, whole and without errors",
    async (page) => {
      const places = placesIn(world).filter((place) => place.page === page);
      expect(places).not.toEqual([]);
      const [isOutside = false] = places.map((place) => place.isOutside);
      const shown = await open(`${url}/healthz`, { ...options, ...(isOutside ? {} : { cookies }) });
      const found: string[] = [];
      // One after the other: it is one page.
      // oxlint-disable-next-line no-await-in-loop
      for (const place of places) found.push(...(await look(shown, place)));
      expect(found).toEqual([]);
    },
    PAGE_MS_MAX,
  );
});

/** Everything of a dialog must be within reach: on screen, or by scrolling in it. */
async function lookAtDialog(shown: OpenPage, place: DialogPlace): Promise<readonly string[]> {
  await shown.page.goto(url + place.path, { waitUntil: "load" });
  await shown.settled();
  await openDialog(shown.page, place);
  await shown.settled();
  const found = [...(await shown.axe()), ...(await sideways(shown))];
  await shown.page.setViewportSize(PHONE);
  const box = await shown.page.getByRole("dialog").boundingBox();
  const isWithin = box !== null && box.x >= 0 && box.x + box.width <= PHONE.width;
  if (!isWithin) found.push(`it is cut off: ${JSON.stringify(box)}`);
  await shown.expectClean();
  return found.map((fault) => `${place.name}: ${fault}`);
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  test(
    "the dialogs of the main actions are accessible and fit on a phone",
    async () => {
      const desktop = { width: 1_280, height: 800 };
      const shown = await open(`${url}/healthz`, { theme, language: "en", cookies });
      const found: string[] = [];
      for (const place of dialogsIn(world)) {
        // oxlint-disable-next-line no-await-in-loop -- It is one page.
        await shown.page.setViewportSize(desktop);
        // oxlint-disable-next-line no-await-in-loop
        found.push(...(await lookAtDialog(shown, place)));
      }
      expect(found).toEqual([]);
    },
    DIALOGS_MS_MAX,
  );
});
