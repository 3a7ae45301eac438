/**
 * `npm run screenshots -- FOLDER [PATTERN]`: starts a host with a world in it and writes a picture of every page
 * of its dashboard, light and dark, in both languages, on a desktop and on a phone. PATTERN is a regular
 * expression that the names of the pictures must match, such as `^jobs.*dark-en-1280`.
 */
import type { Browser } from "playwright-core";
import { findChromium } from "../support/browser/chromium.ts";
import { ADMIN, startStandalone } from "../support/browser/dashboard-host.ts";
import { type Place, placesIn } from "../support/browser/dashboard-places.ts";
import { launch } from "../support/browser/launch.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import { OpenPage, type PageOptions } from "../support/browser/open-page.ts";
import { seed, type SeededWorld } from "../support/browser/seed.ts";

const THEMES = ["light", "dark"] as const;
const LANGUAGES = ["en", "zh"] as const;
const VIEWPORTS = [
  { width: 1_280, height: 800 },
  { width: 390, height: 844 },
] as const;
/** Each spends most of its time waiting for its page. */
const AT_ONCE = 3;
interface Look extends PageOptions {
  readonly name: string;
}

function looks(): readonly Look[] {
  return THEMES.flatMap((theme) =>
    LANGUAGES.flatMap((language) =>
      VIEWPORTS.map((viewport) => ({
        name: `${theme}-${language}-${viewport.width}`,
        theme,
        language,
        viewport,
        colorScheme: theme,
        locale: language === "zh" ? "zh-CN" : "en-GB",
      })),
    ),
  );
}

/** Takes one picture, and tells of everything that was wrong with the page. */
async function take(browser: Browser, origin: string, of: Picture): Promise<readonly string[]> {
  const open = await OpenPage.open(browser, origin + of.place.path, of.options);
  try {
    const late = await open.settled().then(
      () => [],
      (error: unknown) => [String(error)],
    );
    await open.shot(of.name, of.folder);
    return [...late, ...(await open.faults())];
  } finally {
    await open.close();
  }
}

interface Picture {
  readonly name: string;
  readonly place: Place;
  readonly options: PageOptions;
  readonly folder: string;
}

function picturesOf(world: SeededWorld, cookies: Cookies, folder: string): readonly Picture[] {
  const places = placesIn(world);
  return looks().flatMap(({ name, ...look }) =>
    places.map((place) => ({
      name: `${place.name}-${name}`,
      place,
      options: place.isOutside ? look : { ...look, cookies },
      folder,
    })),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(folder: string, pattern: RegExp): Promise<void> {
  const chromium = await findChromium(say);
  const host = await startStandalone();
  const browser = await launch(chromium);
  const world = await seed(host.client);
  try {
    const { url } = host.client;
    const cookies = await logIn(url, ADMIN);
    const pictures = picturesOf(world, cookies, folder).filter(({ name }) => pattern.test(name));
    const left = pictures.values();
    const takeAll = async (): Promise<void> => {
      for (const picture of left) {
        const faults = await take(browser, url, picture);
        say([picture.name, ...faults].join("\n  "));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, takeAll));
    say(`${pictures.length} pictures in ${folder}`);
  } finally {
    await browser.close();
    await world.close();
    await host.stop();
  }
}

const [folder, pattern = ""] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Name the folder for the pictures.\n");
  process.exitCode = 2;
} else {
  await main(folder, new RegExp(pattern));
}
