import { isEnded, type Run, type RunState, type Slice } from "../../src/core/run.ts";
import type { Commit, History } from "./history.ts";
import { isSame } from "./model-records.ts";
import { BY_HAND } from "./names.ts";
import { choiceOf } from "./routing-laws.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";

/** Sharded runs and their slices, as they were stored. */
export class Slices {
  /** By sharded run, then by index. */
  readonly #of = new Map<string, Map<number, RunStory>>();

  add(parent: string, index: number, story: RunStory): void {
    const slices = this.#of.get(parent) ?? new Map<number, RunStory>();
    this.#of.set(parent, slices.set(index, story));
  }

  /** In the order of their indexes. */
  of(parent: string): readonly RunStory[] {
    return [...(this.#of.get(parent) ?? [])]
      .toSorted(([a], [b]) => a - b)
      .map(([, story]) => story);
  }

  has(parent: string, index: number): boolean {
    return this.#of.get(parent)?.has(index) === true;
  }
}

/** Z2: a slice has one identity, and comes of a run that is split. */
export function checkSliceBirth(history: History, run: Run): void {
  const { trigger, slice, order } = run;
  if (trigger.kind !== "shard") return;
  const parent = history.runs.get(trigger.parent)?.row;
  const said = (): string => `${run.id}, slice ${trigger.index} of ${trigger.parent}`;
  const isSplit = parent?.phase.state === "running" && parent.tally !== null;
  hold("Z2 a slice has a parent", isSplit, said);
  if (parent === undefined) return;
  hold("Z2 once each", !history.slices.has(trigger.parent, trigger.index), said);
  hold("Z2 one identity", slice?.index === trigger.index, said);
  const { params, timeoutMs, delivery, priority, retry } = order;
  const own = { params, timeoutMs, delivery, priority, retry };
  const isOfParent =
    run.jobId === parent.jobId &&
    run.nominalMs === parent.nominalMs &&
    isSame({ ...parent.order, ...own }, parent.order);
  hold("Z2 told what its parent was told", isOfParent && order.sharding === null, said);
}

/** Z1 to Z5: sharded runs that a transaction has changed, or whose slices it has. */
export function checkSlices(history: History, commit: Commit): void {
  const parents = new Set<string>();
  for (const change of commit.changes) {
    if (change.kind !== "run") continue;
    const { trigger, tally, id } = change.run;
    if (trigger.kind === "shard") parents.add(trigger.parent);
    else if (tally !== null) parents.add(id);
  }
  for (const id of parents) checkParent(history, commit, id);
}

function checkParent(history: History, commit: Commit, id: string): void {
  const parent = history.runs.get(id);
  const slices = history.slices.of(id);
  hold("Z2 a slice has a parent", parent !== undefined, () => id);
  if (parent === undefined) return;
  if (parent.splitIn === commit) checkSplit(history, commit, parent, slices);
  checkTally(parent.row, slices);
  if (!isEnded(parent.row.phase)) checkGoesOn(parent.row, slices);
  else if (parent.endedIn === commit) checkEnd(history, commit, parent, slices);
  else
    hold(
      "Z5 nothing outlives it",
      slices.every(({ row }) => isEnded(row.phase)),
      () => id,
    );
}

/** Z1: one transaction has made all slices, and they share the whole work. */
function checkSplit(
  history: History,
  commit: Commit,
  { row }: RunStory,
  slices: readonly RunStory[],
): void {
  const { order, tally, id } = row;
  const said = (): string => `${id}: ${JSON.stringify(slices.map((story) => story.row.slice))}`;
  const isAtOnce = slices.every(({ bornIn }) => bornIn === commit);
  hold("Z1 a split is one transaction", isAtOnce && tally?.total === slices.length, said);
  const made = slices.flatMap((story) => story.row.slice ?? []);
  history.scene.reach(`split: ${order.slices === null ? order.sharding?.mode : "again"}`);
  if (order.slices !== null) {
    hold("Z1 the slices that were asked for", isSame(made, order.slices), said);
    return;
  }
  const isNumbered = made.every(({ index, total }, i) => index === i && total === made.length);
  hold("Z1 all slices, once each", isNumbered, said);
  checkShares(history, commit, row, made);
  if (order.sharding?.mode !== "broadcast") return;
  const isBound = slices.every((story) => story.row.order.node === story.row.slice?.node);
  hold("Z1 a broadcast's slice is for its node alone", isBound, said);
}

function checkShares(history: History, { shard }: Commit, run: Run, made: readonly Slice[]): void {
  const { sharding } = run.order;
  const said = (): string => `${run.id}: ${JSON.stringify(made)} of ${JSON.stringify(sharding)}`;
  const ids = made.map(({ node }) => node);
  const there = choiceOf(history, shard, run).nodes.map((node) => node.id);
  if (sharding?.mode === "count") {
    hold("Z1 as many as were asked for", made.length === sharding.total, said);
    return;
  }
  if (sharding?.mode === "broadcast") {
    hold("Z1 one for each node", isSame(ids, there), said);
    return;
  }
  const isOwn = new Set(ids).size === ids.length && ids.every((id) => there.includes(id ?? ""));
  hold("Z1 one slice a node", isOwn, said);
  const items = made.flatMap((slice) => slice.items ?? []);
  hold("Z1 every item once", isSame(items, sharding?.items), said);
  hold(
    "Z1 no empty slice",
    made.every((slice) => slice.items?.length !== 0),
    said,
  );
}

function countOf(slices: readonly RunStory[], ...states: readonly RunState[]): number {
  return slices.filter(({ row }) => states.includes(row.phase.state)).length;
}

/** Z3: what a sharded run counts is what its slices came to. */
function checkTally({ id, tally, phase }: Run, slices: readonly RunStory[]): void {
  if (tally === null) return;
  const failed = slices.filter(({ row }) => FAILURES.has(row.phase.state));
  const counted = {
    total: slices.length,
    succeeded: countOf(slices, "succeeded"),
    failed: failed.length,
    canceled: countOf(slices, "canceled"),
    failedSlices: failed.flatMap(({ row }) => row.slice?.index ?? []),
  };
  const said = (): string => `${id} ${phase.state}: ${JSON.stringify([tally, counted])}`;
  hold("Z3 the tally is right", isSame(tally, counted), said);
}

const FAILURES: ReadonlySet<RunState> = new Set(["failed", "timed_out", "lost"]);

/** Z3, Z5: it goes on while its slices have not decided, and those obey its cancel. */
function checkGoesOn(run: Run, slices: readonly RunStory[]): void {
  const said = (): string => `${run.id}: ${JSON.stringify(run.tally)}`;
  const live = slices.filter(({ row }) => !isEnded(row.phase));
  const isOpen = live.length > 0 && countOf(slices, "succeeded") < neededOf(run, slices.length);
  hold("Z3 ends when it is decided", isOpen, said);
  if (run.cancelRequestedMs === null) return;
  const isAsked = live.every(({ row }) => row.cancelRequestedMs !== null);
  hold("Z5 a cancel reaches every slice", isAsked, said);
}

/** Z3, Z5: it ends by its rule, and nothing of it goes on. */
function checkEnd(
  history: History,
  commit: Commit,
  { row }: RunStory,
  slices: readonly RunStory[],
): void {
  const { state } = row.phase;
  const said = (): string =>
    `${row.id} ${state}: ${JSON.stringify([row.order.sharding, row.tally])}`;
  hold(
    "Z5 nothing outlives it",
    slices.every((story) => isEnded(story.row.phase)),
    said,
  );
  const isEnough = countOf(slices, "succeeded") >= neededOf(row, slices.length);
  hold("Z3 by its rule", (state === "succeeded") === isEnough, said);
  hold("Z3 by its rule", state !== "timed_out" && state !== "lost", said);
  const rule = row.order.sharding?.success.mode;
  history.scene.reach(`sharded: ${rule} ${state}`);
  const cut = slices.filter(
    (story) => story.endedIn === commit && story.row.phase.state === "canceled",
  );
  if (state === "succeeded" && cut.length > 0) history.scene.reach("sharded: the rest is canceled");
  if (state !== "failed") return;
  const isByHand = cut.every((story) => story.row.cancelReason === BY_HAND);
  hold("Z3 a failure waits for all", isByHand && row.cancelRequestedMs === null, said);
}

function neededOf({ order }: Run, total: number): number {
  const rule = order.sharding?.success;
  if (rule?.mode === "count") return rule.count;
  return rule?.mode === "any" ? 1 : total;
}

/** Z1: a run that could be split is, and one that could not has failed. */
export function checkUnsplit(history: History, shard: number, run: Run): void {
  const { phase, order, attempts } = run;
  const isTried = phase.state === "retrying" || phase.state === "failed";
  if (order.sharding === null || run.tally !== null || !isTried) return;
  history.scene.reach("split: nobody is there");
  const { copy, nodes } = choiceOf(history, shard, run);
  const isNobody = nodes.length === 0 && (copy === undefined || order.sharding.mode !== "count");
  hold("Z1 split where it can be", isNobody, () => `${run.id}: ${JSON.stringify(attempts.at(-1))}`);
}
