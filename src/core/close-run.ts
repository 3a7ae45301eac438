import type { Attempt, EndedState, Phase, Run } from "./run.ts";

/** The run in one of its five ends. A success clears the error of earlier attempts. */
export function endRun(
  run: Run,
  state: EndedState,
  more: { readonly endedMs: number } & Partial<
    Pick<Run, "result" | "resultTruncated" | "error" | "cancelReason">
  >,
): Run {
  const phase: Phase = { state, attempt: run.phase.attempt, endedMs: more.endedMs };
  const {
    error = state === "succeeded" ? null : run.error,
    result = run.result,
    resultTruncated = run.resultTruncated,
    cancelReason = run.cancelReason,
  } = more;
  return { ...run, phase, error, result, resultTruncated, cancelReason };
}

/** Closes the newest attempt when it is still open, and counts the version up. */
export function closeAttempt(run: Run, closing: Partial<Attempt>): Run {
  const last = run.attempts.at(-1);
  const isOpen =
    last !== undefined && (last.outcome === "in_flight" || last.outcome === "accepted");
  const isClosing = isOpen || closing.outcome !== "canceled";
  const attempts = isClosing ? patched(run.attempts, closing) : run.attempts;
  return { ...run, attempts, version: run.version + 1 };
}

/** Changes the newest attempt only. */
export function patchAttempt(run: Run, patch: Partial<Attempt>): Run {
  return { ...run, attempts: patched(run.attempts, patch) };
}

function patched(attempts: readonly Attempt[], patch: Partial<Attempt>): readonly Attempt[] {
  const last = attempts.at(-1);
  return last === undefined ? attempts : [...attempts.slice(0, -1), { ...last, ...patch }];
}
