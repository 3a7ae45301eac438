import { env, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { QuotaAnswer, QuotaRule } from "../../src/ports/quotas.ts";
import { DurableQuotas } from "../../workers/quota-rpc.ts";

const CREATORS = 64;
const NOW_MS = 1_000_000;
const quotas = new DurableQuotas(env);
const job = (name: string) => ({ kind: "jobs", name }) as const;

/** A book that knows that the records have nothing. */
async function emptyBook(namespace: string, rule: QuotaRule) {
  const book = quotas.of(namespace);
  const first = await book.begin(job("first"), rule, NOW_MS);
  const none = { kind: "jobs", version: rule.version ?? 0, names: [], isLast: true } as const;
  await book.addFound(none, NOW_MS);
  return { book, first };
}

const countOf = (answers: readonly QuotaAnswer[], state: string): number =>
  answers.filter((answer) => answer.state === state).length;

test("a quota is exact with 64 who create at once", async () => {
  const rule = { version: 1, limit: 10 };
  const { book, first } = await emptyBook("crowd", rule);
  const names = Array.from({ length: CREATORS }, (_, i) => job(`job-${i}`));
  const answers = await Promise.all(names.map((name) => book.begin(name, rule, NOW_MS)));

  expect(first).toEqual({ state: "unfilled" });
  expect([countOf(answers, "held"), countOf(answers, "full")]).toEqual([10, CREATORS - 10]);
});

test("an eviction loses neither what is held nor what was told", async () => {
  const rule = { version: 1, limit: 2 };
  const { book } = await emptyBook("evicted", rule);
  await book.begin(job("made"), rule, NOW_MS);
  await book.end(job("made"), "exists");
  await book.begin(job("lost"), rule, NOW_MS);
  await evictDurableObject(env.QUOTA.getByName("v1:q:evicted"));
  const full = await book.begin(job("more"), rule, NOW_MS);
  // The records are away: the last rule that was told counts.
  const away = await book.begin(job("more"), { version: null, limit: null }, NOW_MS + 61_000);
  await book.looked({ ...job("lost"), seq: 1 }, false);
  const held = await book.begin(job("more"), rule, NOW_MS);

  expect(full).toEqual({ state: "full", limit: 2, doubtful: [] });
  expect(away).toEqual({ state: "full", limit: 2, doubtful: [{ name: "lost", seq: 1 }] });
  expect(held).toEqual({ state: "held" });
});

test("the books of two namespaces are apart, and a cleared one counts nothing", async () => {
  const rule = { version: 1, limit: 1 };
  const { book } = await emptyBook("one", rule);
  const { book: other } = await emptyBook("two", rule);
  const held = [
    await book.begin(job("a"), rule, NOW_MS),
    await other.begin(job("a"), rule, NOW_MS),
  ];
  await book.clear();
  const free = await book.begin(job("b"), { version: null, limit: null }, NOW_MS);

  expect(held).toEqual([{ state: "held" }, { state: "held" }]);
  expect(free).toEqual({ state: "free" });
});
