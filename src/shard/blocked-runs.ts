import { TimingWheel } from "../core/wheel.ts";
import { PriorityLine, type InPriorityLine } from "./priority-line.ts";
import { isBefore } from "./waiting-line.ts";

/** What keeps a run whose turn has come from starting. */
export interface Block {
  /** Whose bound it is: `executor:<namespace>:<appKey>` or `host:<host>`. */
  readonly key: string;
  /** The nodes it may go to, when only these can take no more; null when the bound is that of the key. */
  readonly nodes: NodeSet | null;
  /** Hosts that are full and may be all that keeps it. */
  readonly hostKeys: readonly string[];
  /** When it may be worth another look though nothing has ended; null is never. */
  readonly untilMs: number | null;
}

/** The nodes among which a run's route chooses: runs with equal names have the same ones. */
export interface NodeSet {
  readonly name: string;
  /** Its only node; null when there may be more. */
  readonly address: string | null;
}

/** Runs that wait for the same: while the first cannot start, no other can. */
interface Line<T extends InPriorityLine> {
  readonly key: string;
  readonly nodes: NodeSet | null;
  readonly runs: PriorityLine<T>;
  /** In which round of its group it was last found shut. */
  shutIn: number;
  /** Open for more than the places of its own node that were given back. */
  isDoubtful: boolean;
}

/** The lines of one key. */
interface Group<T extends InPriorityLine> {
  readonly key: string;
  /** Runs that wait for the bound of the key. */
  readonly whole: Line<T>;
  /** Runs that wait for one of several nodes, by the name of these. */
  readonly shared: Map<string, Line<T>>;
  /** Runs that wait for one certain node, by its address, and which of these lines are worth another look. */
  readonly own: Map<string, Line<T>>;
  readonly openOwn: Set<Line<T>>;
  size: number;
  /** Counts the events after which the shared lines are worth another look. */
  round: number;
  /** Places that were given back and not taken since, by address. */
  readonly freed: Map<string, number>;
  /** More may have changed than places that were given back: only trying shows what can start. */
  isDoubtful: boolean;
}

/**
 * Runs that were ready and may not start because of a bound on a host, an executor or its nodes. They take
 * no slot, wait in their order, the higher priority first, and are looked at again only when a place of
 * theirs becomes free: about one for each such place. Nothing of it is stored; it follows from what is out.
 *
 * A key is *open* while there is reason to try the first of its lines. The caller tries what `next` gives, and
 * either the run leaves (`remove`), or `put` shuts what it was found blocked by.
 */
export class BlockedRuns<T extends InPriorityLine> {
  readonly #groups = new Map<string, Group<T>>();
  readonly #lineOf = new Map<T, Line<T>>();
  readonly #open = new Set<Group<T>>();
  readonly #timers = new TimingWheel<Line<T>>();
  /** Lines that wait for a host beside their own key. */
  readonly #ofHosts = new Map<string, Set<Line<T>>>();

  get size(): number {
    return this.#lineOf.size;
  }

  clear(): void {
    this.#groups.clear();
    this.#lineOf.clear();
    this.#open.clear();
    this.#timers.clear();
    this.#ofHosts.clear();
  }

  /** Sets a run aside; one that was set aside before and was tried in vain keeps its place. */
  put(run: T, { key, nodes, hostKeys, untilMs }: Block): void {
    const group = this.#groupOf(key);
    if (nodes === null) {
      if (!this.#lineOf.has(run)) this.#join(run, group, group.whole);
      this.#close(group);
      return;
    }
    const line = lineIn(group, nodes);
    const former = this.#lineOf.get(run);
    if (former !== line) {
      this.#join(run, group, line);
      if (former !== undefined) this.#leave(run, former);
    }
    line.shutIn = group.round;
    line.isDoubtful = false;
    group.openOwn.delete(line);
    if (untilMs !== null) this.#timers.insert(line, untilMs);
    for (const hostKey of hostKeys) this.#ofHosts.set(hostKey, this.#waitingFor(hostKey).add(line));
  }

  /** The run does not wait here any more. One that never did is no mistake. */
  remove(run: T): void {
    const line = this.#lineOf.get(run);
    if (line === undefined) return;
    this.#lineOf.delete(run);
    this.#leave(run, line);
  }

  /** A place of this key was given back: that of a node, or of a host. */
  freed(key: string, address: string): void {
    for (const line of this.#ofHosts.get(key) ?? []) this.#doubt(line);
    this.#ofHosts.delete(key);
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.freed.set(address, (group.freed.get(address) ?? 0) + 1);
    this.#nextRound(group);
    const own = group.own.get(address);
    if (own !== undefined) group.openOwn.add(own);
  }

  /** A place of this key was taken. */
  took(key: string, address: string): void {
    const group = this.#groups.get(key);
    const freed = group?.freed.get(address);
    if (group === undefined || freed === undefined) return;
    if (freed > 1) group.freed.set(address, freed - 1);
    else group.freed.delete(address);
    const own = freed > 1 ? undefined : group.own.get(address);
    if (own?.isDoubtful === false) group.openOwn.delete(own);
  }

  /** Anything may have changed for this key: its bounds, its nodes, or how they are. */
  reopen(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.isDoubtful = true;
    this.#nextRound(group);
    for (const line of group.own.values()) openOwn(group, line);
  }

  /** The same for every key: the clock stepped. */
  reopenAll(): void {
    for (const key of this.#groups.keys()) this.reopen(key);
  }

  /** Lines whose time has come are worth another look. */
  advance(nowMs: number): void {
    if (this.#timers.size === 0) return;
    for (const line of this.#timers.advance(nowMs)) this.#doubt(line);
  }

  nextDueMs(): number | undefined {
    return this.#timers.size === 0 ? undefined : this.#timers.nextDueMs();
  }

  /** Whether there is a run to try. */
  get isOpen(): boolean {
    for (const group of this.#open) {
      for (const line of openLines(group)) if (line.runs.size > 0) return true;
      this.#close(group);
    }
    return false;
  }

  /** The priorities of runs to try, in no order, some perhaps twice. */
  *priorities(): Generator<number> {
    for (const group of this.#open)
      for (const line of openLines(group)) yield* line.runs.priorities();
  }

  /** The run of this priority that is to be tried next: of one key the first in order. */
  next(priority: number): T | undefined {
    for (const group of this.#open) {
      let first: T | undefined;
      for (const { runs } of openLines(group)) {
        const head = runs.first(priority);
        if (head !== undefined && (first === undefined || isBefore(head, first))) first = head;
      }
      if (first !== undefined) return first;
    }
    return undefined;
  }

  #groupOf(key: string): Group<T> {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group: Group<T> = {
      key,
      whole: newLine(key, null),
      shared: new Map(),
      own: new Map(),
      openOwn: new Set(),
      size: 0,
      round: 0,
      freed: new Map(),
      isDoubtful: false,
    };
    this.#groups.set(key, group);
    return group;
  }

  #waitingFor(hostKey: string): Set<Line<T>> {
    return this.#ofHosts.get(hostKey) ?? new Set();
  }

  #join(run: T, group: Group<T>, line: Line<T>): void {
    line.runs.add(run);
    this.#lineOf.set(run, line);
    group.size++;
  }

  #leave(run: T, line: Line<T>): void {
    line.runs.remove(run);
    const group = this.#groups.get(line.key);
    if (group === undefined) return;
    group.size--;
    if (line.nodes !== null && line.runs.size === 0) {
      linesFor(group, line.nodes).delete(nameOf(line.nodes));
      group.openOwn.delete(line);
      this.#timers.cancel(line);
    }
    if (group.size > 0) return;
    this.#groups.delete(line.key);
    this.#open.delete(group);
  }

  /** One line may have become free, whatever its group knows. */
  #doubt(line: Line<T>): void {
    const group = this.#groups.get(line.key);
    if (group === undefined || line.runs.size === 0) return;
    if (line.nodes?.address === null) line.shutIn = OPEN;
    else openOwn(group, line);
    group.isDoubtful = true;
    this.#open.add(group);
  }

  #nextRound(group: Group<T>): void {
    group.round++;
    this.#open.add(group);
  }

  /** What was given back before is not counted any more, so own lines that are open for it stay open. */
  #close(group: Group<T>): void {
    group.isDoubtful = false;
    group.freed.clear();
    for (const line of group.openOwn) line.isDoubtful = true;
    this.#open.delete(group);
  }
}

/** Before every round. */
const OPEN = -1;

function newLine<T extends InPriorityLine>(key: string, nodes: NodeSet | null): Line<T> {
  return { key, nodes, runs: new PriorityLine<T>(), shutIn: OPEN, isDoubtful: false };
}

function openOwn<T extends InPriorityLine>(group: Group<T>, line: Line<T>): void {
  line.isDoubtful = true;
  group.openOwn.add(line);
}

/** The lines of a group that may have a run to try. */
function* openLines<T extends InPriorityLine>(group: Group<T>): Generator<Line<T>> {
  if (!group.isDoubtful && group.freed.size === 0) return;
  yield group.whole;
  yield* group.openOwn;
  for (const line of group.shared.values()) if (line.shutIn < group.round) yield line;
}

function lineIn<T extends InPriorityLine>(group: Group<T>, nodes: NodeSet): Line<T> {
  const [name, lines] = [nameOf(nodes), linesFor(group, nodes)];
  const known = lines.get(name);
  if (known !== undefined) return known;
  const line = newLine<T>(group.key, nodes);
  lines.set(name, line);
  return line;
}

function linesFor<T extends InPriorityLine>(
  group: Group<T>,
  { address }: NodeSet,
): Map<string, Line<T>> {
  return address === null ? group.shared : group.own;
}

function nameOf({ name, address }: NodeSet): string {
  return address ?? name;
}
