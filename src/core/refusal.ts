/**
 * Every reason for which a caller's request is refused. The list is closed: clients switch over it,
 * and `api/respond.ts` gives each code its HTTP status and title.
 */
export const REFUSAL_CODES = [
  "request.invalid",
  "request.unknown_field",
  "route.unknown",
  "body.too_large",
  "body.too_deep",
  "body.not_json",
  "cursor.invalid",
  "idempotency.mismatch",
  "idempotency.in_flight",
  "version.conflict",
  "rate.limited",
  "token.missing",
  "token.invalid",
  "token.unknown",
  "permission.denied",
  "login.failed",
  "login.needed",
  "csrf.refused",
  "password.weak",
  "setup.closed",
  "user.unknown",
  "user.last_owner",
  "session.unknown",
  "audit.unknown",
  "name.taken",
  "job.unknown",
  "job.ended",
  "job.not_paused",
  "tick.unknown",
  "backfill.unknown",
  "backfill.too_large",
  "backfill.ended",
  "backfill.not_paused",
  "run.unknown",
  "run.overlaps",
  "run.ended",
  "run.not_ended",
  "workflow.unknown",
  "workflow.invalid",
  "workflow.cycle",
  "workflow.in_use",
  "workflow.nested",
  "workflow_run.unknown",
  "workflow_run.overlaps",
  "workflow_run.ended",
  "workflow_run.not_ended",
  "workflow_run.not_paused",
  "workflow_run.paused",
  "workflow_run.ending",
  "step.unknown",
  "step.not_waiting",
  "step.ended",
  "step.not_ended",
  "event.invalid",
  "output.too_large",
  "ticket.invalid",
  "schedule.invalid",
  "schedule.never_fires",
  "calendar.unknown",
  "calendar.invalid",
  "calendar.in_use",
  "target.refused",
  "executor.unknown",
  "executor.in_use",
  "expression.invalid",
  "node.unknown",
  "node.not_listed",
  "secret.rotating",
  "secret.not_rotating",
  "namespace.unknown",
  "namespace.in_use",
  "callback.contradicts",
  "callback.over",
  "quota.exceeded",
  "records.unavailable",
  "shard.unavailable",
  "internal.error",
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What a refusal tells, as plain data: it crosses object boundaries, where no class survives. */
export interface RefusalData {
  readonly code: RefusalCode;
  /** What was wrong, in one sentence for the person who sent it. */
  readonly detail: string;
  /** How to mend it. */
  readonly hint?: string;
  /** Where in the request: JSON pointers (RFC 6901), each with its own message. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  /** For how long the caller should wait before it tries again. */
  readonly retryAfterMs?: number;
}

/** The caller's mistake. Thrown before anything is written; becomes a problem+json in `api/respond.ts` only. */
export class Refusal extends Error {
  readonly data: RefusalData;

  constructor(code: RefusalCode, detail: string, more: Omit<RefusalData, "code" | "detail"> = {}) {
    super(`${code}: ${detail}`);
    this.name = "Refusal";
    this.data = { code, detail, ...more };
  }

  static from(data: RefusalData): Refusal {
    const { code, detail, ...more } = data;
    return new Refusal(code, detail, more);
  }
}
