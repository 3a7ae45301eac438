import type { RefusalCode } from "../core/refusal.ts";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What to do about it when the refusal itself does not say. */
  readonly hint: string;
}

const RETRY = "Try again after the time in Retry-After.";

/** Each code of the closed list with its HTTP status, its title and a way out. */
export const PROBLEMS: Readonly<Record<RefusalCode, ProblemKind>> = {
  "request.invalid": kind(400, "Invalid request", "Mend the fields named in errors."),
  "request.unknown_field": kind(
    400,
    "Unknown field",
    "Remove the field, or mend its spelling: /openapi.json lists the known ones.",
  ),
  "route.unknown": kind(404, "No such route", "See /openapi.json for the routes."),
  "body.too_large": kind(
    413,
    "Body too large",
    "Send at most 256 KiB; a workflow may have 2 MB, a callback 1.25 MiB, lines of a log 1 MiB.",
  ),
  "body.too_deep": kind(400, "Body nested too deeply", "Nest at most 32 levels."),
  "body.not_json": kind(400, "Body is not JSON", "Send one JSON value in UTF-8."),
  "cursor.invalid": kind(400, "Invalid cursor", "Begin again without a cursor."),
  "idempotency.mismatch": kind(
    422,
    "Idempotency key used for another request",
    "Use a new Idempotency-Key for a new request.",
  ),
  "idempotency.in_flight": kind(409, "First request still in flight", RETRY),
  "version.conflict": kind(412, "Version conflict", "Read it again and send its ETag as If-Match."),
  "rate.limited": kind(429, "Too many requests", RETRY),
  "token.missing": kind(401, "Token missing", "Send Authorization: Bearer <token>."),
  "token.invalid": kind(401, "Token invalid", "Check that the token is whole and not revoked."),
  "token.unknown": kind(404, "No such token", "GET /api/v1/tokens lists the tokens."),
  "permission.denied": kind(403, "Permission denied", "Use a token with the scope it needs."),
  "login.failed": kind(401, "Login failed", "Check the username and the password."),
  "login.needed": kind(401, "Login needed", "Log in again: the session has ended."),
  "csrf.refused": kind(
    403,
    "Cross-site request refused",
    "Send it from the dashboard's own pages.",
  ),
  "password.weak": kind(
    422,
    "Password too weak",
    "Choose 12 characters or more that nobody guesses.",
  ),
  "setup.closed": kind(409, "Setup is over", "Log in; an admin can make further users."),
  "user.unknown": kind(404, "No such user", "GET /api/v1/users lists the users."),
  "user.last_owner": kind(409, "The last owner", "Make somebody else an owner first."),
  "session.unknown": kind(404, "No such session", "GET /api/v1/sessions lists the sessions."),
  "audit.unknown": kind(404, "No such entry", "GET /api/v1/audit lists the entries."),
  "name.taken": kind(409, "Name taken", "Choose another name, or change what has it."),
  "job.unknown": kind(404, "No such job", "GET /api/v1/jobs lists the jobs."),
  "job.ended": kind(409, "Job has ended", "Give it a schedule that still fires."),
  "job.not_paused": kind(409, "Job is not paused", "Only a paused job can be resumed."),
  "tick.unknown": kind(404, "No such tick", "GET /api/v1/jobs/{job}/ticks lists the ticks."),
  "backfill.unknown": kind(404, "No such backfill", "GET …/backfills lists those of a job."),
  "backfill.too_large": kind(422, "Backfill too large", "Split the range into several backfills."),
  "backfill.ended": kind(409, "Backfill has ended", "Start another one for what is left."),
  "backfill.not_paused": kind(409, "Backfill is not paused", "Only a paused one can be resumed."),
  "run.unknown": kind(404, "No such run", "GET /api/v1/runs lists the runs."),
  "run.overlaps": kind(409, "Run overlaps", "Wait for the live run, or send ?overlap=allow."),
  "run.ended": kind(409, "Run has ended", "An ended run never changes; retry makes a new one."),
  "run.not_ended": kind(409, "Run has not ended", "Wait for its end, or cancel it first."),
  "workflow.unknown": kind(404, "No such workflow", "GET /api/v1/workflows lists the workflows."),
  "workflow.invalid": kind(422, "Invalid workflow", "POST /api/v1/workflows/check tries one out."),
  "workflow.cycle": kind(422, "Steps in a circle", "Take one of the named steps out of its after."),
  "workflow.in_use": kind(409, "Workflow in use", "Take it out of what names it first."),
  "workflow.nested": kind(409, "Workflows nested too deeply", "Let fewer start each other."),
  "workflow_run.unknown": kind(
    404,
    "No such workflow run",
    "GET /api/v1/workflow-runs lists them.",
  ),
  "workflow_run.overlaps": kind(
    409,
    "Workflow run overlaps",
    "Wait for the live one, or send ?overlap=allow.",
  ),
  "workflow_run.ended": kind(409, "Workflow run has ended", "Retry it, or run it again."),
  "workflow_run.not_ended": kind(
    409,
    "Workflow run has not ended",
    "Wait for its end, or name a step that has ended.",
  ),
  "workflow_run.not_paused": kind(
    409,
    "Workflow run is not paused",
    "Only a paused one can be resumed.",
  ),
  "workflow_run.paused": kind(409, "Workflow run is paused", "It is paused already: resume it."),
  "workflow_run.ending": kind(409, "Workflow run is ending", "Wait for its end, then retry it."),
  "step.unknown": kind(404, "No such step", "GET /api/v1/workflow-runs/{id} lists its steps."),
  "step.not_waiting": kind(
    409,
    "Step waits for nobody",
    "Only an approval whose turn it is can be approved or rejected.",
  ),
  "step.ended": kind(409, "Step has ended", "Retry it to do it again."),
  "step.not_ended": kind(409, "Step has not ended", "Wait for its end, or skip it."),
  "event.invalid": kind(422, "Invalid event", "Mend what is named in errors."),
  "output.too_large": kind(413, "Output too large", "Store it elsewhere and send a reference."),
  "ticket.invalid": kind(401, "Ticket invalid", "POST /api/v1/live/tickets gives a new one."),
  "schedule.invalid": kind(
    422,
    "Invalid schedule",
    "POST /api/v1/schedules/preview tries one out.",
  ),
  "schedule.never_fires": kind(
    422,
    "Schedule never fires",
    "POST /api/v1/schedules/preview shows when a schedule fires.",
  ),
  "calendar.unknown": kind(404, "No such calendar", "GET /api/v1/calendars lists the calendars."),
  "calendar.invalid": kind(422, "Invalid calendar", "Mend what is named in errors."),
  "calendar.in_use": kind(409, "Calendar in use", "Take it out of the jobs and calendars first."),
  "target.refused": kind(422, "Target refused", "Mend the part of the target named in errors."),
  "executor.unknown": kind(404, "No such executor", "GET /api/v1/executors lists the executors."),
  "executor.in_use": kind(409, "Executor in use", "Delete its jobs or give them another target."),
  "node.unknown": kind(404, "No such node", "GET /api/v1/executors/{appKey} lists its nodes."),
  "node.not_listed": kind(409, "Node not listed", "List it with PATCH /api/v1/executors/{appKey}."),
  "expression.invalid": kind(422, "Invalid expression", "Mend what is named in errors."),
  "secret.rotating": kind(409, "Secret in rotation", "End the previous secret first."),
  "secret.not_rotating": kind(409, "One secret only", "POST …/secrets adds the next one first."),
  "namespace.unknown": kind(404, "No such namespace", "Use the namespace of your token."),
  "namespace.in_use": kind(409, "Namespace in use", "Delete what is in it first."),
  "callback.contradicts": kind(409, "Callback contradicts", "The first answer stands; stop."),
  "callback.over": kind(410, "Attempt is over", "The answer came too late; stop."),
  "quota.exceeded": kind(
    429,
    "Quota exceeded",
    "Wait until some of them are gone, or delete some.",
  ),
  "records.unavailable": kind(503, "Records unavailable", RETRY),
  "shard.unavailable": kind(503, "Shard unavailable", RETRY),
  "internal.error": kind(500, "Internal error", "Report the requestId to the operator."),
};

function kind(status: number, title: string, hint: string): ProblemKind {
  return { status, title, hint };
}
