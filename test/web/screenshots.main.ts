/**
 * `npm run screenshots -- FOLDER [PATTERN]`: starts a host with a world in it and writes a picture of every page
 * of its dashboard, light and dark, in both languages, on a desktop and on a phone. PATTERN is a regular
 * expression that the names of the pictures must match, such as `^jobs.*dark-en-1280`. With `--tour` in the
 * place of FOLDER it makes the few pictures of README.md anew, in web/tour.
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
const TOUR_FOLDER = new URL("../../web/tour/", import.meta.url).pathname;
/** The pictures of README.md, and the places they show. */
const TOUR: Readonly<Record<string, string>> = {
  home: "home",
  "job-edit": "jobs-edit-nightly-report",
  run: "runs-failed",
  "workflow-run": "workflow-runs-waiting-approve",
};
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
    await open.shot(of.name, of.folder, of.extent);
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
  readonly extent: "all" | "window";
}

function picturesOf(world: SeededWorld, cookies: Cookies, folder: string): readonly Picture[] {
  const places = placesIn(world);
  return looks().flatMap(({ name, ...look }) =>
    places.map((place) => ({
      name: `${place.name}-${name}`,
      place,
      options: place.isOutside ? look : { ...look, cookies },
      folder,
      extent: "all",
    })),
  );
}

function tourOf(world: SeededWorld, cookies: Cookies): readonly Picture[] {
  const [look] = looks();
  const places = placesIn(world);
  return Object.entries(TOUR).map(([name, shown]) => {
    const place = places.find((one) => one.name === shown);
    if (place === undefined) throw new Error(`there is no place ${shown}`);
    return { name, place, options: { ...look, cookies }, folder: TOUR_FOLDER, extent: "window" };
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

type Choice = (world: SeededWorld, cookies: Cookies) => readonly Picture[];

async function main(picturesIn: Choice): Promise<void> {
  const chromium = await findChromium(say);
  const host = await startStandalone();
  const browser = await launch(chromium);
  const world = await seed(host.client);
  try {
    const { url } = host.client;
    const cookies = await logIn(url, ADMIN);
    const pictures = picturesIn(world, cookies);
    const left = pictures.values();
    const takeAll = async (): Promise<void> => {
      for (const picture of left) {
        const faults = await take(browser, url, picture);
        say([picture.name, ...faults].join("\n  "));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, takeAll));
    say(`${pictures.length} pictures in ${pictures[0]?.folder ?? "no folder"}`);
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
} else if (folder === "--tour") {
  await main(tourOf);
} else {
  const wanted = new RegExp(pattern);
  await main((world, cookies) => {
    return picturesOf(world, cookies, folder).filter(({ name }) => wanted.test(name));
  });
}
