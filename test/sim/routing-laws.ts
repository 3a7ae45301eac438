import { executorKey, type ExecutorCopy, type NodeCopy } from "../../src/core/directory.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { Run } from "../../src/core/run.ts";
import type { History } from "./history.ts";
import { hold } from "./scene.ts";

/** So many failures in a row shut the breaker of a node. */
const BREAKER_FAILURES = 5;

/** The chosen node and its alternates. */
const LOOKED_AT = 4;

/** Where one run may go, as its shard knows it. */
interface Choice {
  readonly shard: number;
  readonly key: string;
  readonly copy: ExecutorCopy | undefined;
  /** In the order of the executor. */
  readonly nodes: readonly NodeCopy[];
}

/** The host of a target or of a node, by which deliveries are counted. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

export function isOfExecutor({ order }: Run): boolean {
  return order.target.kind === "executor";
}

export function choiceOf(history: History, shard: number, run: Run): Choice {
  const { target } = run.order;
  const name = target.kind === "executor" ? target.executor : "";
  const key = executorKey(run.namespace, name);
  const copy = history.executors.copyOf(shard, key);
  return { shard, key, copy, nodes: copy?.nodes.filter((node) => mayGet(node, run)) ?? [] };
}

function mayGet(node: NodeCopy, { order }: Run): boolean {
  const { target } = order;
  if (target.kind !== "executor") return false;
  const hasHandler = node.handlers === null || node.handlers.includes(target.handler);
  if (!hasHandler || !UP.has(node.state)) return false;
  if (order.node !== null) return isCalled(node, order.node);
  const pinned = typeof target.node === "string" ? [target.node] : target.node;
  const isPinned = pinned === null || pinned.some((name) => isCalled(node, name));
  return isPinned && target.tags.every((tag) => node.tags.includes(tag));
}

const UP: ReadonlySet<string> = new Set(["online", "suspect"]);

function isCalled({ id, address }: NodeCopy, name: string): boolean {
  return id === name || address === name;
}

/** Where the newest attempt of a run goes first; null when it goes nowhere. */
export function hostOfRun({ order, attempts }: Run): string | null {
  if (order.target.kind === "webhook") return hostOf(order.target.url);
  const address = attempts.at(-1)?.node ?? null;
  return address === null ? null : hostOf(address);
}

/** N1, N2: an attempt starts at a node that may get it, where the executor and the node have room for one more. */
export function checkRouted(history: History, shard: number, run: Run): void {
  if (!isOfExecutor(run)) return;
  const choice = choiceOf(history, shard, run);
  const address = run.attempts.at(-1)?.node ?? null;
  if (address === null) {
    const isNone = choice.nodes.length === 0 || isUnhashable(run);
    hold("N1 a node is found where there is one", isNone, () => `${run.id} goes nowhere`);
    return;
  }
  const node = choice.nodes.find((each) => each.address === address);
  const said = (): string => `${run.id} goes to ${address} of ${JSON.stringify(choice.copy)}`;
  hold("N1 only to a node that may get it", node !== undefined, said);
  if (node === undefined) return;
  checkPlaces(history, choice, node);
  if (history.executors.failuresOf(shard, address) >= BREAKER_FAILURES)
    history.scene.reach("node: tried again after many failures");
  checkSuspects(history, choice, { run, node });
  checkPreferred(history, choice, { run, node });
}

/** N1: an attempt that was answered is said to have been where it was answered. */
export function checkWhere({ evidence }: History, { id, attempts, order }: Run): void {
  const last = attempts.at(-1);
  if (order.target.kind !== "executor" || last === undefined || last.status === null) return;
  const { attempt, send, node } = last;
  // The late answer to an earlier sending counts for the attempt.
  const sends = Array.from({ length: send }, (_, i) => ({ runId: id, attempt, send: i + 1 }));
  const isThere = sends.some((sending) => evidence.hasArrivedAt(sending, node));
  hold("N1 the node that answered is noted", isThere, () => `${id} was not at ${last.node}`);
}

function checkPlaces({ executors }: History, { shard, key, copy }: Choice, node: NodeCopy): void {
  const [all, there] = [
    executors.occupied(shard, key),
    executors.occupiedAt(shard, { key, ...node }),
  ];
  const most = copy?.concurrency ?? Number.POSITIVE_INFINITY;
  hold("N2 the executor's limit", all < most, () => `${all} are at ${key}, at most ${most} may be`);
  const mostThere = node.concurrency ?? Number.POSITIVE_INFINITY;
  const said = (): string => `${there} are at ${node.address}, at most ${mostThere} may be`;
  hold("N2 the node's limit", there < mostThere, said);
}

/** N1: a suspect node gets work only where nobody else can be expected to do it. */
function checkSuspects(
  history: History,
  choice: Choice,
  { run, node }: { readonly run: Run; readonly node: NodeCopy },
): void {
  if (node.state !== "suspect") return;
  const better = choice.nodes.find(
    (other) => isSurelyHealthy(history, choice, other) && !isHostFull(history, choice, other),
  );
  const said = (): string => `${run.id} goes to ${node.address}, and ${better?.address} is there`;
  hold("N1 suspect nodes come last", better === undefined, said);
  history.scene.reach("node: suspect and chosen");
}

/** N1: a slice goes to the node that it was cut for, if that can take it. */
function checkPreferred(
  history: History,
  choice: Choice,
  { run, node }: { readonly run: Run; readonly node: NodeCopy },
): void {
  const wanted = choice.nodes.find(({ id }) => id === run.slice?.node);
  if (wanted === undefined || run.order.node !== null) return;
  const isFree =
    isSurelyHealthy(history, choice, wanted) &&
    hasRoomAt(history, choice, wanted) &&
    !isHostFull(history, choice, wanted);
  const said = (): string => `${run.id} goes to ${node.address}, not to ${wanted.address}`;
  hold("N1 a slice goes to its own node", !isFree || node === wanted, said);
  history.scene.reach(node === wanted ? "slice: at its node" : "slice: at another node");
}

function isSurelyHealthy({ executors }: History, { shard }: Choice, node: NodeCopy): boolean {
  return node.state === "online" && executors.failuresOf(shard, node.address) === 0;
}

function hasRoomAt({ executors }: History, { shard, key }: Choice, node: NodeCopy): boolean {
  const { concurrency, address } = node;
  return concurrency === null || executors.occupiedAt(shard, { key, address }) < concurrency;
}

function isHostFull(
  { deliveries, scene }: History,
  { shard }: Choice,
  { address }: NodeCopy,
): boolean {
  return deliveries.outTo(shard, hostOf(address)) >= scene.options.limits.hostConcurrency;
}

/** Its key for consistent hashing cannot be told. */
function isUnhashable({ order }: Run): boolean {
  const { target } = order;
  if (target.kind !== "executor" || target.route !== "consistent_hash") return false;
  return target.hashKey === "params.nothing";
}

/**
 * N3: whether nothing of hosts, executors and nodes keeps a run from its next attempt, beyond doubt: what its
 * shard suspects of nodes that have failed is its own business, and ends.
 */
export function isSurelyFree(history: History, shard: number, run: Run): boolean {
  return whatMayBlock(history, shard, run) === null;
}

/** Its turn makes slices of it, or is a call to a shard. */
function isSentToNobody({ order, tally }: Run): boolean {
  const isToSplit = order.sharding !== null && tally === null;
  return isToSplit || order.target.kind === "workflow";
}

/** Null when it is nothing. */
export function whatMayBlock(
  history: History,
  shard: number,
  run: Run,
): "a host" | "an executor" | "its nodes" | null {
  const { order } = run;
  const { limits } = history.scene.options;
  if (isSentToNobody(run)) return null;
  if (order.target.kind === "webhook") {
    const out = history.deliveries.outTo(shard, hostOf(order.target.url));
    return out < limits.hostConcurrency ? null : "a host";
  }
  const choice = choiceOf(history, shard, run);
  const { copy, key, nodes } = choice;
  if (copy === undefined) return null;
  const most = copy.concurrency ?? Number.POSITIVE_INFINITY;
  if (history.executors.occupied(shard, key) >= most) return "an executor";
  if (nodes.length === 0 || isUnhashable(run)) return null;
  return whatFillsNodes(history, choice);
}

function whatFillsNodes(history: History, choice: Choice): "a host" | "its nodes" | null {
  const { nodes, shard } = choice;
  const sure = nodes.filter((node) => isSurelyHealthy(history, choice, node));
  const isKnown = nodes.every(({ address }) => history.executors.failuresOf(shard, address) === 0);
  const usable = sure.length > 0 || !isKnown ? sure : nodes;
  const free = usable.filter((node) => hasRoomAt(history, choice, node));
  if (free.length === 0) return "its nodes";
  const hasHost = (node: NodeCopy): boolean => !isHostFull(history, choice, node);
  // Of more than four, the policy decides whose hosts are looked at.
  const isHostFree = nodes.length <= LOOKED_AT ? free.some(hasHost) : nodes.every(hasHost);
  return isHostFree ? null : "a host";
}

/** N5: as many deliveries are out to a host as may. */
export function checkHost(history: History, delivery: Delivery, shard: number): void {
  const { route } = delivery;
  if (route.kind === "none" || route.kind === "workflow") return;
  const host = hostOf(route.kind === "webhook" ? route.target.url : route.node.address);
  const out = history.deliveries.awaitedFrom(shard, host, delivery.sentMs);
  const most = history.scene.options.limits.hostConcurrency;
  hold("N5 the host's limit", out <= most, () => `${out} are out to ${host}, of at most ${most}`);
  if (out === most) history.scene.reach("limit: a host is full");
}

/** N1: wherever a delivery may go over to, it may go in the first place. */
export function checkAlternates(history: History, delivery: Delivery, shard: number): void {
  const run = history.runs.get(delivery.runId)?.row;
  if (delivery.route.kind !== "executor" || run === undefined) return;
  const { nodes } = choiceOf(history, shard, run);
  const { node, alternates } = delivery.route;
  hold("N1 at most three alternates", alternates.length <= 3, () => `${alternates.length}`);
  const addresses = [node, ...alternates].map(({ address }) => address);
  const said = (): string => `${run.id} may go to ${addresses.join()}`;
  hold("N1 alternates differ", new Set(addresses).size === addresses.length, said);
  const isGood = addresses.every((at) => nodes.some(({ address }) => address === at));
  hold("N1 only to a node that may get it", isGood, said);
}
