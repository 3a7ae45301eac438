/**
 * Whether the time that a refused token takes tells anything: Welch's t between tokens of an appKey that
 * does not exist and forged ones of executors that do. Below 4.5 at 200,000 samples nothing is told.
 */
import { randomBytes } from "node:crypto";
import { createCipher } from "../../src/adapters/cipher.ts";
import { createExecTokens } from "../../src/dialects/exec-token.ts";
import type { ExecTokens } from "../../src/ports/exec-tokens.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import { MASTER_KEY } from "../support/master-keys.ts";
import { DEPLOYMENT_ID, signExecToken } from "../support/exec-tokens.ts";

/** So often everything is made anew: where a text happens to lie must not be what is measured. */
const ROUNDS = 400;
const SAMPLES_PER_ROUND = 500;
const WARM_UP_PER_ROUND = 50;
const T_MAX = 4.5;
/** Beyond it a sample was interrupted, and says nothing of the code. */
const KEPT_SHARE = 0.99;
const NOW_MS = Date.UTC(2026, 10, 21);
const BODY = '{"address":"https://worker-3.example.com"}';
const FORGERS_SECRET = "tws_".padEnd(47, "x");

const cipher = createCipher(MASTER_KEY);
const sealed = (appKey: string): string => {
  const secret = `tws_${randomBytes(32).toString("base64url")}`;
  return cipher.seal(secret, secretContext("default", appKey));
};

interface Sort {
  readonly name: string;
  readonly secretsCount: number;
  readonly times: number[];
}

const sort = (name: string, secretsCount: number): Sort => ({ name, secretsCount, times: [] });
const UNKNOWN = sort("unknown appKey", 0);
const SORTS = [
  UNKNOWN,
  sort("known, one secret", 1),
  sort("known, two secrets", 2),
  // The same thing measured twice: how far chance alone goes.
  sort("unknown appKey, again", 0),
];

/** What an executor of this sort answers a forged token with, as a function to be timed. */
function newForgery({ secretsCount }: Sort, execTokens: ExecTokens): () => Promise<number> {
  const appKey = `app-${randomBytes(8).toString("hex")}`;
  const secrets = Array.from({ length: secretsCount }, (_, i) => ({
    id: `secret ${i}`,
    // In one piece, as what comes over a wire.
    sealed: Buffer.from(sealed(appKey)).toString("latin1"),
  }));
  const signing = { appKey, appSecret: FORGERS_SECRET, bodyText: BODY, nowMs: NOW_MS };
  const expected = { appKey, namespace: "default", secrets, bodyText: BODY, nowMs: NOW_MS };
  return async () => {
    const token = signExecToken(signing);
    const fromMs = performance.now();
    const used = await execTokens.verify(token, expected);
    const took = performance.now() - fromMs;
    if (used !== null) throw new Error("a forged token was taken");
    return took;
  };
}

/** Mean and variance of what is below a bound that is the same for both sides. */
function moments(times: readonly number[], max: number) {
  const kept = times.filter((time) => time <= max);
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const squares = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return { mean, variance: squares / (kept.length - 1), count: kept.length };
}

function welch(a: readonly number[], b: readonly number[]) {
  const all = [...a, ...b].toSorted((x, y) => x - y);
  const max = all[Math.floor(all.length * KEPT_SHARE)] ?? Number.POSITIVE_INFINITY;
  const [left, right] = [moments(a, max), moments(b, max)];
  const error = Math.sqrt(left.variance / left.count + right.variance / right.count);
  const differenceMs = left.mean - right.mean;
  return { t: differenceMs / error, differenceNs: differenceMs * 1e6, meanUs: right.mean * 1e3 };
}

async function round(): Promise<void> {
  // Each sort has a verifier of its own, or what two of them share would lie nearer at hand for both.
  const forgeries = SORTS.map((one) => {
    const execTokens = createExecTokens({ cipher, deploymentId: DEPLOYMENT_ID });
    return { one, forge: newForgery(one, execTokens) };
  });
  for (let i = -WARM_UP_PER_ROUND; i < SAMPLES_PER_ROUND; i++) {
    // Each time in another order, so that no sort always follows the same other one.
    const order = forgeries.map((each) => ({ ...each, at: Math.random() }));
    for (const { one, forge } of order.toSorted((a, b) => a.at - b.at)) {
      // oxlint-disable-next-line no-await-in-loop -- One at a time, or they would disturb each other.
      const took = await forge();
      if (i >= 0) one.times.push(took);
    }
  }
}

// oxlint-disable-next-line no-await-in-loop -- One at a time, or they would disturb each other.
for (let i = 0; i < ROUNDS; i++) await round();

for (const other of SORTS) {
  if (other === UNKNOWN) continue;
  const { t, differenceNs, meanUs } = welch(UNKNOWN.times, other.times);
  const verdict = Math.abs(t) < T_MAX ? "nothing is told" : "IT TELLS";
  const figures = `t = ${t.toFixed(2)}, ${differenceNs.toFixed(1)} ns of ${meanUs.toFixed(1)} us`;
  // oxlint-disable-next-line no-console -- It is what this program is for.
  console.log(`${UNKNOWN.name} / ${other.name}: ${figures}, ${verdict}`);
}
