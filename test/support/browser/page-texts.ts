import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const SOURCES = new URL("../../../web/src/", import.meta.url);
/** Where the texts of the dashboard are declared. */
const DECLARING = /strings(?:-en|-zh)?\.ts$/;
const DECLARED = /^\s+(\w+):\s*(?:"((?:[^"\\]|\\.)*)",?)?$/gm;
const AREA_AND_KEY = /^[a-z][A-Za-z]*:[a-z]\w*$/;
/** Of more than one word; a single one may be a tag or a name too. */
const OF_WORDS = /^[a-z]+[A-Z_]/;

/** Text of programs and of people, in which every word may stand. */
const NOT_OURS =
  "code, pre, kbd, samp, textarea, script, style, noscript, [role=log], [translate=no]";

/** Words by which texts are asked for, without those that are a text themselves. */
let keys: ReadonlySet<string> | null = null;

function textKeys(): ReadonlySet<string> {
  const names = new Set<string>();
  const texts = new Set<string>();
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: "utf8" })) {
    if (!DECLARING.test(file)) continue;
    for (const [, key = "", text] of readFileSync(new URL(file, SOURCES), "utf8").matchAll(
      DECLARED,
    )) {
      if (OF_WORDS.test(key)) names.add(key.replace(/_(?:one|other)$/, ""));
      if (text !== undefined) texts.add(text);
    }
  }
  return new Set([...names].filter((name) => !texts.has(name)));
}

/**
 * What is shown in the place of a text: the key of one that no language has, or a place in it that nothing was
 * put into.
 */
export async function untranslatedTexts(page: Page): Promise<readonly string[]> {
  keys ??= textKeys();
  const known = keys;
  const texts = await page.evaluate(visibleTexts, NOT_OURS);
  return texts.filter(
    (text) => known.has(text) || AREA_AND_KEY.test(text) || /undefined|\[object|NaN/.test(text),
  );
}

/** Runs in the page. */
function visibleTexts(notOurs: string): readonly string[] {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: string[] = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.textContent?.trim() ?? "";
    const isOurs = node.parentElement?.closest(notOurs) === null;
    if (text !== "" && isOurs && node.parentElement?.checkVisibility() === true) texts.push(text);
  }
  return texts;
}
