/** A mistake that someone could make in the code under test, as a change of its text. */
export interface PlantedBug {
  readonly name: string;
  /** Within `src`. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** What the verdict begins with: one of the laws that this mistake breaks. */
  readonly laws: readonly string[];
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "an answer ends whichever attempt is out",
    file: "core/advance-run.ts",
    find: "if (!isOut(phase) || phase.attempt !== event.attempt) return run;",
    replace: "if (!isOut(phase)) return run;",
    laws: ["R9"],
  },
  {
    name: "the intent of an attempt is not stored",
    file: "shard/attempts.ts",
    find: "state.saveRun(started);",
    replace: "",
    laws: ["R3"],
  },
  {
    name: "the cursor does not move with the fire",
    file: "core/plan.ts",
    find: "cursorMs: due.at(-1) ?? afterMs,",
    replace: "cursorMs: missed.cursorMs,",
    laws: ["T2"],
  },
  {
    name: "a wait for a retry wakes nobody",
    file: "shard/live-runs.ts",
    find: " wheel.insert(id, phase.dueMs);",
    replace: ' if (phase.state !== "retrying") wheel.insert(id, phase.dueMs);',
    laws: ["S5"],
  },
  {
    name: "a confirmation forgets a newer version of a run",
    file: "shard/outbox.ts",
    find: "if (run === undefined || run.version !== version) continue;",
    replace: "if (run === undefined) continue;",
    laws: ["S4"],
  },
  {
    name: "an at-most-once run is sent again after a crash",
    file: "core/fail-attempt.ts",
    find: 'if (!canRepeat(run)) return endRun(closed, "lost", { endedMs: nowMs, error });',
    replace: "",
    laws: ["R4"],
  },
  {
    name: "a clock that steps back takes the cursor with it",
    file: "shard/job-state.ts",
    find: "return job.pause?.cursorMs ?? due?.cursorMs ?? Math.max(nowMs, job.updatedMs);",
    replace: "return nowMs;",
    laws: ["T1", "T2", "T12"],
  },
  {
    name: "a run between two attempts is not in the way of the next tick",
    file: "shard/live-runs.ts",
    find: 'if (phase.state !== "waiting" || phase.dueMs <= run.createdMs) this.#activate(id, jobId);',
    replace:
      'if (phase.state === "dispatching" || phase.state === "running") this.#activate(id, jobId);',
    laws: ["O1"],
  },
  {
    name: "all missed ticks run where only the latest may",
    file: "core/plan.ts",
    find: 'n: policy === "latest" ? 1 : maxCatchup',
    replace: "n: maxCatchup + 1",
    laws: ["T9"],
  },
  {
    name: "an answer changes a run that has ended",
    file: "core/advance-run.ts",
    find: "return { ...patchAttempt(run, late), version: run.version + 1 };",
    replace:
      'return endRun({ ...patchAttempt(run, late), version: run.version + 1 }, "failed", { endedMs: event.nowMs });',
    laws: ["R2"],
  },
  {
    name: "the reply to an idempotency key is not kept",
    file: "shard/shard.ts",
    find: "if (idempotency !== null) remember(",
    replace: "if (idempotency === undefined) remember(",
    laws: ["R1"],
  },
  {
    name: "attempts that were out are forgotten at a start",
    file: "shard/shard-state.ts",
    find: 'if (run.phase.state === "dispatching" || run.phase.state === "running") out.push(run.id);',
    replace: "",
    laws: ["S3"],
  },
  {
    name: "a callback may contradict an earlier one",
    file: "shard/run-commands.ts",
    find: "if (earlier.callbackDigest === input.digest) return { run, isRepeat: true };",
    replace: "return { run, isRepeat: true };",
    laws: ["W1"],
  },
  {
    name: "Retry-After is not heard",
    file: "core/retry.ts",
    find: "Math.min(failure.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX)",
    replace: "0",
    laws: ["R5"],
  },
  {
    name: "a carrier that never reports keeps its slot",
    file: "shard/tick.ts",
    find: "state.releaseSilent(nowMs);",
    replace: "",
    laws: ["L2", "L3"],
  },
  {
    name: "deadlines queue behind runs that need a slot",
    file: "shard/live-runs.ts",
    find: "(this.#isOut.has(runId) ? this.#expired : this.#ready).add(runId);",
    replace: "this.#ready.add(runId);",
    laws: ["S5", "R6", "no exceptions"],
  },
  {
    name: "the due entry of a paused manual job is lost",
    file: "shard/job-state.ts",
    find: "return untilMs === null ? undefined : state.storage.dueAt(untilMs, job.id);",
    replace: "return undefined;",
    laws: ["T6", "no exceptions", "T1", "T12"],
  },
  {
    name: "memory keeps what a failed transaction had changed",
    file: "shard/shard.ts",
    find: "this.#state.rebuild(nowMs);\n      throw error;",
    replace: "throw error;",
    laws: ["S3", "S4", "R2", "R3", "S5", "no exceptions", "T1"],
  },
  {
    name: "the ticks of a pause run when it ends",
    file: "shard/job-pause.ts",
    find: 'mode: "resume", missed });',
    replace: 'mode: "settle", missed });',
    laws: ["T9"],
  },
  {
    name: "an edit forgets the ticks of the old schedule",
    file: "shard/job-commands.ts",
    find: "keepSettled(state, existing, settled, nowMs);",
    replace: "",
    laws: ["T1"],
  },
  {
    name: "a run for later starts now",
    file: "shard/run-commands.ts",
    find: "const atMs = Math.max(nowMs, input.atMs ?? nowMs);",
    replace: "const atMs = nowMs;",
    laws: ["R1"],
  },
  {
    name: "a tick within its grace counts as missed",
    file: "core/plan.ts",
    find: "nowMs - misfire.graceMs - 1;",
    replace: "nowMs - 1;",
    laws: ["T1"],
  },
  {
    name: "a missed tick runs however late",
    file: "core/plan.ts",
    find: "const isTooLate = startWithinMs !== null && nowMs - nominalMs > startWithinMs;",
    replace: "const isTooLate = false;",
    laws: ["T9"],
  },
  {
    name: "a deleted job leaves no word to the records",
    file: "shard/shard-state.ts",
    find: "tombstone: { namespace, name },",
    replace: "tombstone: null,",
    laws: ["S4"],
  },
  {
    name: "what lies beyond the horizon is never read",
    file: "shard/near-due.ts",
    find: "this.#beyondMs = Math.min(this.#beyondMs ?? entry.dueMs, entry.dueMs);",
    replace: "",
    laws: ["S5", "T1", "T5"],
  },
];
