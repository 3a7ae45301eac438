/**
 * Goal: whatever clocks, networks, disks, executors and people do, every tick has exactly one fate, every
 * run ends, nothing is sent that was not stored, and the records come to hold all of it.
 * Method: play many seeded worlds to their end, with the laws checked as things happen.
 * One world, told: `npm run sim -- --seed 42`. More of them: `SIM_SEEDS=20000 npx vitest … test/sim`, or
 * `npm run sim -- --seeds 100000`.
 */
import { expect, test } from "vitest";
import { drawOptions } from "./options.ts";
import { SOMETIMES } from "./sometimes.ts";
import { simulate } from "./world.ts";

const { SIM_SEED: one, SIM_SEEDS: count = "300" } = process.env;
const FROM = one === undefined ? 0 : Number(one);
const SEEDS = one === undefined ? Number(count) : 1;
const CHUNK = 50;
/** One world in so many is played twice. */
const TWICE = 30;
const reached = new Map<string, number>();

const chunks = Array.from({ length: Math.ceil(SEEDS / CHUNK) }, (_, i) => FROM + i * CHUNK);

test.each(chunks)(
  "every law holds in the worlds from seed %i on",
  { timeout: 120_000 },
  (first) => {
    const last = Math.min(first + CHUNK, FROM + SEEDS);
    for (let seed = first; seed < last; seed++) {
      const options = drawOptions(seed);
      const { violation, hash, lines, reached: states } = simulate(options, one !== undefined);
      for (const [name, times] of states) reached.set(name, (reached.get(name) ?? 0) + times);
      const story = lines.length === 0 ? JSON.stringify(options) : lines.join("\n");

      expect(violation, `seed ${seed}\n${story}`).toBeUndefined();
      if (seed % TWICE === 0)
        expect(simulate(options).hash, `seed ${seed} is not determined`).toBe(hash);
    }
  },
);

test.runIf(SEEDS >= 300)("each fault bites and each state of interest is reached", () => {
  expect(SOMETIMES.filter((name) => !reached.has(name))).toEqual([]);
});
