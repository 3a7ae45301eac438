import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const require = createRequire(import.meta.url);
let source: string | null = null;

export interface AxeWish {
  /** Selects what is not looked at. */
  readonly exclude?: readonly string[];
  /** Only these rules; none is all of axe's default set. */
  readonly only?: readonly string[];
}

/**
 * What axe-core finds wrong with a page as it is now: one text for each broken rule, with the elements that
 * break it.
 */
export async function axeViolations(
  page: Page,
  { exclude = [], only = [] }: AxeWish = {},
): Promise<readonly string[]> {
  source ??= readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  // The debugger may evaluate text where the page's own policy lets nobody add a script.
  await page.evaluate(`${source};undefined`);
  const found = await page.evaluate(runAxe, { exclude, only });
  return found.map(readable);
}

/** Runs in the page. */
async function runAxe({ exclude, only }: Required<AxeWish>): Promise<AxeResults["violations"]> {
  // Put there by the script above; the page itself has no such thing.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { axe } = globalThis as unknown as {
    readonly axe: { run(context: object, options: object): Promise<AxeResults> };
  };
  const context = { exclude: exclude.map((selector) => [selector]) };
  const { violations } = await axe.run(exclude.length === 0 ? document : context, {
    resultTypes: ["violations"],
    ...(only.length === 0 ? {} : { runOnly: only }),
  });
  return violations;
}

function readable({ id, impact, help, nodes }: AxeResults["violations"][number]): string {
  const elements = nodes.map(({ target, html, failureSummary = "" }) => {
    const summary = failureSummary.replaceAll(/\s*\n\s*/g, " ");
    return `  ${target.join(" ")}  ${html}\n    ${summary}`;
  });
  return [`${id} (${String(impact)}): ${help}`, ...elements].join("\n");
}
