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
    find: "if (!isOut(run.phase) || run.phase.attempt !== event.attempt) return run;",
    replace: "if (!isOut(run.phase)) return run;",
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
    laws: ["T2", "L3", "S5"],
  },
  {
    name: "a wait for a retry wakes nobody",
    file: "shard/live-runs.ts",
    find: "this.#wheel.insert(id, phase.dueMs);",
    replace: 'if (phase.state !== "retrying") this.#wheel.insert(id, phase.dueMs);',
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
    file: "core/advance-run.ts",
    find: 'if (!canRepeat(run)) return endRun(closed, "lost", { endedMs: nowMs, error });',
    replace: "",
    laws: ["R4"],
  },
  {
    name: "a clock that steps back takes the cursor with it",
    file: "shard/tick.ts",
    find: "const planned = planJob(state, job, { cursorMs: entry.cursorMs, nowMs",
    replace:
      "const planned = planJob(state, job, { cursorMs: Math.min(entry.cursorMs, nowMs), nowMs",
    laws: ["T2", "T12"],
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
    find: 'if (isEnded(run.phase)) return event.kind === "answered" ? noteLate(run, event) : run;',
    replace: "",
    laws: ["R2", "no exceptions"],
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
    laws: ["L2", "S4", "S5", "R6"],
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
    laws: ["S3", "R2", "R3", "S5", "no exceptions", "T1"],
  },
  {
    name: "the ticks of a pause run when it ends",
    file: "shard/job-pause.ts",
    find: 'mode: "resume", missed });',
    replace: 'mode: "settle", missed });',
    laws: ["T9", "T1"],
  },
  {
    name: "an edit forgets the ticks of the old schedule",
    file: "shard/job-commands.ts",
    find: "keepSettled(state, existing, settled, nowMs);",
    replace: "",
    laws: ["T1"],
  },
  {
    name: "a canceled run is tried again",
    file: "core/close-run.ts",
    find: "const phase: Phase = { state, attempt: run.phase.attempt, endedMs };",
    replace:
      'const phase: Phase = state === "canceled" && run.phase.attempt > 0 ? run.phase : { state, attempt: run.phase.attempt, endedMs };',
    laws: ["R8", "R2", "R3"],
  },
  {
    name: "a tick is fired a little before its time",
    file: "shard/near-due.ts",
    find: "for (const jobId of this.#wheel.advance(nowMs))",
    replace: "for (const jobId of this.#wheel.advance(nowMs + 1_000))",
    laws: ["T4", "S5", "L3"],
  },
];
