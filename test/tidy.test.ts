/** Checks properties of the code itself, which no type and no unit test can see. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const LINES_MAX = 300;
/** Code is wrapped at 100 columns by the formatter; prose in comments may be a little longer. */
const COLUMNS_MAX = 120;

/** What stands at the top, beside dot files. What tools leave behind does not belong there. */
const TOP =
  "ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md migrations package-lock.json " +
  "package.json src test tsconfig.json web workers wrangler.toml";

/** Each layer, and the layers it may import. Anything not named is forbidden. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "src/core": ["src/core"],
  "src/ports": ["src/core", "src/ports"],
  "src/shard": ["src/core", "src/ports", "src/shard"],
  "src/registry": ["src/core", "src/ports", "src/registry"],
  "src/adapters": ["src/core", "src/ports", "src/adapters"],
  "src/dialects": ["src/core", "src/ports", "src/dialects"],
  "src/api": ["src/core", "src/ports", "src/shard", "src/registry", "src/api"],
  "src/sdk": ["src/core", "src/sdk"],
};

/** Hosts compose: they may import every layer, but not each other. */
const HOSTS: readonly string[] = ["src/standalone", "workers"];

/** The packages that a layer may use; a layer that is not named may use none. Hosts may use all. */
const PACKAGES: Readonly<Record<string, readonly RegExp[]>> = {
  "src/core": [/^croner$/, /^cronstrue(\/.*)?$/, /^@marcbachmann\/cel-js$/],
  "src/adapters": [
    /^node:/,
    /^drizzle-(orm|kit)(\/.*)?$/,
    /^@libsql\/client(\/.*)?$/,
    /^undici$/,
    /^ipaddr\.js$/,
    /^uuidv7$/,
    /^ical\.js$/,
  ],
  "src/dialects": [/^node:(crypto|buffer)$/, /^jose$/],
  "src/sdk": [/^jose$/, /^node:(http|events)$/],
  "src/api": [/^hono(\/.*)?$/, /^@hono\/zod-openapi$/, /^node:(crypto|buffer)$/],
};

/** Packages that stand behind one door: at most this many files import them. */
const FEW_IMPORTERS: readonly (readonly [RegExp, number])[] = [
  [/^croner$/, 1],
  [/^cronstrue/, 1],
  [/^jose$/, 3],
  [/^undici$/, 2],
  [/^ipaddr\.js$/, 2],
  [/^uuidv7$/, 2],
  [/^ical\.js$/, 1],
  [/^@marcbachmann\/cel-js$/, 1],
  [/^ws$/, 1],
];

const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\(|\bnew Date\(\)/, "take a Clock"],
  [/\bMath\.random\(|\brandomUUID\(/, "take a Random"],
  [/\bprocess\.env\b/, "read settings in a host and pass them in"],
  [/\beval\(|new Function\(/, "nothing is evaluated"],
];
const BANNED_EVERYWHERE: readonly (readonly [RegExp, string])[] = [
  [/^export \* from/m, "import from the file that defines it"],
  [/\bFIXME\b|\bTODO\b|\bXXX\b/, "finish it before it lands"],
  [/\b(it|test|describe)\.(skip|only|todo)\b/, "a test runs, or is not there"],
  [/@ts-(ignore|nocheck)/, "mend the type"],
];
/** Adapters may measure how long something took; nothing above them may. */
const STOPWATCH = /\bperformance\.now\(/;
/** A request to a user-given address leaves through one place for each kind of host. */
const OUTBOUND = /\bfetch\(|\bhttps?\.request\(|\bnew (Pool|Agent)\(/;
const OUTBOUND_FILES: ReadonlySet<string> = new Set([
  "src/adapters/egress-undici.ts",
  "src/adapters/egress-node-http.ts",
  "src/adapters/libsql-fetch.ts",
  "workers/egress-fetch.ts",
  // The executor's own side: it calls its scheduler, from a process that is not ours.
  "src/sdk/platform.ts",
]);
/** Where the SDK, which runs on a host of its own, meets the clock and chance. */
const SDK_PLATFORM = "src/sdk/platform.ts";

const read = (path: string): { readonly path: string; readonly text: string } => ({
  path,
  text: readFileSync(path, "utf8"),
});
const sources = globSync(["src/**/*.ts", "workers/**/*.ts"]).toSorted().map(read);
const tests = globSync(["test/**/*.ts"])
  .filter((path) => path !== "test/tidy.test.ts")
  .toSorted()
  .map(read);

const pages = globSync(["web/src/**/*.ts", "web/src/**/*.tsx"]).toSorted().map(read);

/** What would let a text from outside become markup or code, or slip past the policy of the page. */
const BANNED_IN_PAGES: readonly (readonly [RegExp, string])[] = [
  [/innerHTML|outerHTML|insertAdjacentHTML|document\.write\b/, "text nodes only"],
  [/<style\b|createElement\("(?:script|style)"/, "styles are classes, scripts are modules"],
  [/\beval\(|new Function\(/, "nothing is evaluated"],
  [/\bconsole\./, "say it on the page"],
];

const layerOf = (path: string): string | undefined =>
  [...Object.keys(LAYERS), ...HOSTS].find((layer) => path.startsWith(`${layer}/`));
const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:from|^import) "([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
    ([, from, dynamic]) => from ?? dynamic ?? "",
  );

function importFault(layer: string, path: string, specifier: string): string | undefined {
  const target = specifier.startsWith(".") ? relative(".", join(dirname(path), specifier)) : null;
  if (HOSTS.includes(layer)) return target === null ? undefined : foreignHost(layer, path, target);
  const isAllowed =
    target === null
      ? PACKAGES[layer]?.some((allowed) => allowed.test(specifier))
      : LAYERS[layer]?.includes(layerOf(target) ?? "");
  return isAllowed === true ? undefined : (target ?? specifier);
}

/** A host may use every layer, but not the other host; the dev server of Workers is a Node program. */
function foreignHost(layer: string, path: string, target: string): string | undefined {
  const other = layerOf(target) ?? "";
  const isForeign = HOSTS.includes(other) && other !== layer;
  return isForeign && !path.startsWith("workers/dev/") ? target : undefined;
}

test.each(sources)("$path imports only the layers below it", ({ path, text }) => {
  const layer = layerOf(path);
  expect(layer, `${path} lies in no layer`).toBeDefined();
  const faults = importsOf(text).map((specifier) => importFault(layer ?? "", path, specifier));

  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test.each(sources)("$path is small and uses nothing banned", ({ path, text }) => {
  const isHost = HOSTS.some((host) => path.startsWith(`${host}/`));
  const lines = text.split("\n");
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

  expect(lines.length, `${path} is too long: split it by idea`).toBeLessThanOrEqual(LINES_MAX + 1);
  expect(lines.filter((line) => line.length > COLUMNS_MAX && !line.includes("http"))).toEqual([]);
  const isPlatform = isHost || path === SDK_PLATFORM;
  for (const [pattern, advice] of isPlatform ? [] : BANNED)
    expect(code, advice).not.toMatch(pattern);
  if (!isHost && layerOf(path) !== "src/adapters") expect(code, path).not.toMatch(STOPWATCH);
  for (const [pattern, advice] of BANNED_EVERYWHERE) expect(text, advice).not.toMatch(pattern);
});

test("the top of the repository holds what belongs there, and nothing else", () => {
  const listed = execFileSync("git", ["ls-tree", "--name-only", "HEAD"], { encoding: "utf8" });
  const names = listed.trim().split("\n");

  expect(names.filter((name) => !name.startsWith(".")).join(" ")).toBe(TOP);
});

test("only the egress sends requests", () => {
  const senders = sources
    .filter(({ path }) => !path.startsWith("workers/dev/"))
    .filter(({ text }) => OUTBOUND.test(text.replaceAll(/\.fetch\(|async fetch\(/g, "")))
    .map(({ path }) => path);

  expect(senders.filter((path) => !OUTBOUND_FILES.has(path))).toEqual([]);
});

test.each(FEW_IMPORTERS)("%s is imported in at most %i files", (name, filesMax) => {
  const importers = sources
    .filter(({ text }) => importsOf(text).some((specifier) => name.test(specifier)))
    .map(({ path }) => path);

  expect(importers.length, importers.join(", ")).toBeLessThanOrEqual(filesMax);
});

test.each(tests)("$path is small and skips nothing", ({ path, text }) => {
  expect(text.split("\n").length, path).toBeLessThanOrEqual(LINES_MAX * 1.5);
  for (const [pattern, advice] of BANNED_EVERYWHERE) expect(text, advice).not.toMatch(pattern);
});

test("every file is reached by an import or is an entry", () => {
  const imported = new Set(
    [...sources, ...tests].flatMap(({ path, text }) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => relative(".", join(dirname(path), specifier))),
    ),
  );
  const ENTRIES =
    /(^src\/standalone\/((records-thread\.)?main|compile-cache)\.ts|^workers\/index\.ts|^workers\/zod\.ts|^workers\/dev\/serve\.ts|\.config\.ts|\.d\.ts)$/;

  const dead = sources.map(({ path }) => path).filter((path) => !imported.has(path));

  expect(dead.filter((path) => !ENTRIES.test(path))).toEqual([]);
});

test.each(pages)(
  "$path is small and takes from the server its types and the pure core only",
  ({ path, text }) => {
    const fromServer = [
      ...text.matchAll(/^(import|export)( type)? [^;]*? from "([^"]+)"/gm),
    ].filter(
      ([, , , specifier]) =>
        !relative(".", join(dirname(path), specifier ?? "")).startsWith("web/"),
    );
    const values = fromServer.filter(
      ([, , isType, specifier]) =>
        isType === undefined && /^\.(?!.*\/src\/core\/)/.test(specifier ?? ""),
    );

    expect(text.split("\n").length, path).toBeLessThanOrEqual(LINES_MAX + 1);
    expect(values.map(([line]) => line)).toEqual([]);
    for (const [pattern, advice] of [...BANNED_EVERYWHERE, ...BANNED_IN_PAGES])
      expect(text, advice).not.toMatch(pattern);
  },
);
