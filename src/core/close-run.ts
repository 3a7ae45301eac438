import type { Attempt, EndedState, Phase, Run } from "./run.ts";

/** The run in one of its five ends. A success clears the error of earlier attempts. */
export function endRun(
  run: Run,
  state: EndedState,
  more: { readonly endedMs: number } & Partial<
    Pick<Run, "result" | "resultTruncated" | "error" | "cancelReason">
  >,
): Run {
  const { endedMs, ...rest } = more;
  const phase: Phase = { state, attempt: run.phase.attempt, endedMs };
  return { ...run, error: state === "succeeded" ? null : run.error, ...rest, phase };
}

/** Closes the newest attempt when it is still open, and counts the version up. */
export function closeAttempt(run: Run, closing: Partial<Attempt>): Run {
  const last = run.attempts.at(-1);
  const isOpen =
    last !== undefined && (last.outcome === "in_flight" || last.outcome === "accepted");
  const closed = isOpen || closing.outcome !== "canceled" ? patchAttempt(run, closing) : run;
  return { ...closed, version: run.version + 1 };
}

/** Changes the newest attempt only. */
export function patchAttempt(run: Run, patch: Partial<Attempt>): Run {
  const last = run.attempts.at(-1);
  if (last === undefined) return run;
  return { ...run, attempts: [...run.attempts.slice(0, -1), { ...last, ...patch }] };
}
