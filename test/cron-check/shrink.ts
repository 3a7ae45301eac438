import { Dice } from "../support/prng.ts";
import type { CronCase } from "./cron-case.ts";
import type { Difference } from "./cron-check.ts";
import { differenceOf } from "./difference.ts";

const ROUNDS_MAX = 200;

/** The smallest case near a given one that still differs: a shorter window, a simpler pattern. */
export function shrink(difference: Difference): Difference {
  let smallest = difference;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const smaller = [...simpler(smallest.drawn)].map(again).find((found) => found !== null);
    if (smaller === undefined || smaller === null) break;
    smallest = smaller;
  }
  return smallest;
}

/** The same case, compared once more; what does not compile any more is no simpler case. */
function again(drawn: CronCase): Difference | null {
  const text = differenceOf(drawn, new Dice(0, "probes"));
  return text === null || text.startsWith("it throws") ? null : { drawn, text };
}

function* simpler({ pattern, fromMs, untilMs, era }: CronCase): Generator<CronCase> {
  const quarter = Math.floor((untilMs - fromMs) / 4);
  if (quarter > 1_000) {
    yield { pattern, fromMs: fromMs + quarter, untilMs, era };
    yield { pattern, fromMs, untilMs: untilMs - quarter, era };
  }
  const { dst, ...bare } = pattern;
  if (dst !== undefined) yield { pattern: bare, fromMs, untilMs, era };
  const fields = pattern.cron.split(" ");
  for (const [at, text] of fields.entries()) {
    const items = text.split(",");
    const parts = items.length > 1 ? items : [];
    for (const other of text === "*" || text === "?" ? [] : [...parts, "*"])
      yield {
        pattern: { ...pattern, cron: fields.with(at, other).join(" ") },
        fromMs,
        untilMs,
        era,
      };
  }
}
