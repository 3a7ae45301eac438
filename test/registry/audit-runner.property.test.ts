import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LibsqlAudit } from "../../src/adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../../src/adapters/libsql-audit-reader.ts";
import { verifyChain } from "../../src/api/audit-verify.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type { AuditNote, AuditRecords, AuditText } from "../../src/ports/audit.ts";
import { AuditRunner } from "../../src/registry/audit-runner.ts";
import { AuditDisk, EMPTY_DISK, type DiskCopy } from "../support/audit-disk.ts";
import { openMemoryRecords, type OpenedRecords } from "../support/open-records.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

/** What becomes of one call to the records. `late` lands some time after the caller was told that it failed. */
type Fate = (typeof FATES)[number];

type Move =
  | { readonly kind: "note"; readonly namespace: number }
  | { readonly kind: "wake" | "rest"; readonly turns: number }
  | { readonly kind: "land" | "newFile" }
  | { readonly kind: "fate"; readonly fate: Fate }
  | { readonly kind: "cut"; readonly choice: number };

const NAMESPACES = 2;
const HEALINGS_MAX = 60;
/** Turns of the event loop: a sync takes three. */
const TURNS_MAX = 8;
const SYNC_TURNS = 3;
const CHOICES = 8;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

const FATES = ["done", "away", "lost", "late", "twice"] as const;
const turns = fc.nat(TURNS_MAX);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("note"), namespace: fc.nat(1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("wake", "rest"), turns }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("land", "newFile") }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("fate"), fate: fc.constantFrom(...FATES) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut"), choice: fc.nat(CHOICES - 1) }) },
);
const moves = fc.array(move, { minLength: 1, maxLength: 60, size: "max" });

let opened: OpenedRecords;
let worlds = 0;

beforeAll(async () => {
  opened = await openMemoryRecords();
});
afterAll(() => opened.close());

/** The real records behind a way that fails as it is told. */
class Way {
  readonly fates: Fate[] = [];
  readonly late: (readonly AuditText[])[] = [];
  readonly #records: AuditRecords;

  constructor(records: AuditRecords) {
    this.#records = records;
  }

  /** As one life of the writer sees it: once its power is cut, it hears nothing more. */
  of(disk: AuditDisk): AuditRecords {
    const unlessCut = <T>(answer: T): T | Promise<T> =>
      disk.isCut ? new Promise<T>(() => {}) : answer;
    return {
      add: async (entries) => unlessCut(await this.#add(entries)),
      head: async (namespace) => {
        const fate = this.fates.shift() ?? "done";
        if (fate !== "done" && fate !== "twice")
          throw new Refusal("records.unavailable", "The records are away.");
        return unlessCut(await this.#records.head(namespace));
      },
    };
  }

  async land(): Promise<void> {
    const entries = this.late.shift();
    if (entries !== undefined) await this.#records.add(entries);
  }

  async #add(entries: readonly AuditText[]): ReturnType<AuditRecords["add"]> {
    const fate = this.fates.shift() ?? "done";
    if (fate === "late") this.late.push(entries);
    if (fate === "late" || fate === "away") return null;
    const forks = await this.#records.add(entries);
    if (fate === "twice") return this.#records.add(entries);
    return fate === "lost" ? null : forks;
  }
}

/** A writer of the audit log, its disk, and the notes that it was given. */
class World {
  readonly #way = new Way(new LibsqlAudit(opened.database));
  readonly #reader = new LibsqlAuditReader(opened.database);
  readonly #world = ++worlds;
  readonly #acknowledged = new Map<string, Set<string>>();
  #notes = 0;
  #disk: AuditDisk;
  #runner: AuditRunner;

  constructor() {
    [this.#disk, this.#runner] = this.#born(EMPTY_DISK);
  }

  async make(wish: Move): Promise<void> {
    if (wish.kind === "wake") this.#runner.turn();
    if (wish.kind === "wake" || wish.kind === "rest") await rest(wish.turns);
    else if (wish.kind === "note") this.#append(this.#namespace(wish.namespace));
    else if (wish.kind === "land") await this.#way.land();
    else if (wish.kind === "fate") this.#way.fates.push(wish.fate);
    else if (wish.kind === "cut") this.#restart(this.#disk.cut(wish.choice / CHOICES));
    else if (this.#runner.isSettled) {
      // All is in the records, so that the file may be lost.
      this.#disk.cut(0);
      this.#restart(EMPTY_DISK);
    }
  }

  /** Everything that was on its way arrives, and the writer is woken until the records have all. */
  async heal(): Promise<void> {
    this.#way.fates.length = 0;
    while (this.#way.late.length > 0) await this.#way.land();
    for (let i = 0; i < HEALINGS_MAX && !this.#runner.isSettled; i++) {
      this.#runner.turn();
      await rest(TURNS_MAX);
    }
  }

  /** What is wrong with the records; nothing, it should be. */
  async faults(): Promise<readonly string[]> {
    const faults = this.#runner.isSettled ? [] : ["it never settles"];
    for (let i = 0; i < NAMESPACES; i++) {
      const namespace = this.#namespace(i);
      const { brokenAt } = await verifyChain(this.#reader, namespace, 1);
      if (brokenAt !== null) faults.push(`the chain is broken at ${brokenAt}`);
      const links = await this.#reader.chain(namespace, 1, 10_000);
      const stored = links.map(({ entry }) => entry?.object.id ?? "");
      const doubled = stored.filter((id, place) => stored.indexOf(id) !== place);
      faults.push(...doubled.map((id) => `${id} is there twice`));
      const lost = [...(this.#acknowledged.get(namespace) ?? [])];
      faults.push(...lost.filter((id) => !stored.includes(id)).map((id) => `${id} is lost`));
    }
    return faults;
  }

  #append(namespace: string): void {
    const id = String(++this.#notes);
    const acknowledged = (): void => {
      const known = this.#acknowledged.get(namespace) ?? new Set();
      this.#acknowledged.set(namespace, known.add(id));
    };
    void this.#runner.append(aNote(namespace, id)).then(acknowledged, () => {});
  }

  #restart(copy: DiskCopy): void {
    [this.#disk, this.#runner] = this.#born(copy);
    this.#runner.turn();
  }

  #born(copy: DiskCopy): [AuditDisk, AuditRunner] {
    const disk = new AuditDisk(copy, () => rest(SYNC_TURNS));
    const runner = new AuditRunner({
      storage: disk.storage,
      records: this.#way.of(disk),
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
      clock: { nowMs: () => 0 },
      timers: { after: () => () => {} },
      // The moves wake it.
      alarm: { set: () => {}, armedMs: null },
      log: SILENT,
      lingerMs: 0,
    });
    return [disk, runner];
  }

  #namespace(i: number): string {
    return `world-${this.#world}-${i}`;
  }
}

async function rest(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

function aNote(namespace: string, id: string): AuditNote {
  return anAuditNote({ namespace, object: { kind: "job", id } });
}

async function play(wishes: readonly Move[]): Promise<readonly string[]> {
  const world = new World();
  for (const wish of wishes) await world.make(wish);
  await world.heal();
  return world.faults();
}

test("however the power and the way fail, each acknowledged note is in one chain, once", async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (wishes) => {
      expect(await play(wishes)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("a note that waited for its chain is there once, though the place it got was lost", async () => {
  const faults = await play([
    { kind: "note", namespace: 0 },
    { kind: "rest", turns: TURNS_MAX },
    { kind: "fate", fate: "done" },
    { kind: "fate", fate: "lost" },
    { kind: "wake", turns: TURNS_MAX },
    { kind: "cut", choice: 0 },
  ]);

  expect(faults).toEqual([]);
});
