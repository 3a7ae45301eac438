import type { Context } from "hono";
import { createRoute, z } from "@hono/zod-openapi";
import { shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { LIVE_HUB_LIMITS } from "./live-hub.ts";
import { topicOfWorkflowRun } from "./live-rows-json.ts";
import type { Principal } from "./principal.ts";
import { namespaceOf, principalOf } from "./request-of.ts";
import { problem } from "./respond.ts";
import { BASE_PATH } from "./routes.ts";
import { instantOut, isoText, jsonAnswer, problemAnswers } from "./wire.ts";

/** How long a ticket waits to be used. */
const TICKET_LIFE_MS = 60_000;

const ticketOut = z
  .object({
    ticket: z.string(),
    expiresAt: instantOut.openapi({ description: "A minute from now; it opens one socket." }),
  })
  .openapi("LiveTicket");

const makeTicket = createRoute({
  method: "post",
  path: `${BASE_PATH}/live/tickets`,
  summary: "A ticket that opens one WebSocket of GET /live",
  description:
    "For pages, which can send no token with a WebSocket. A program may send its token instead.",
  responses: { 201: jsonAnswer("The ticket.", ticketOut), ...problemAnswers },
});

const opening = z.strictObject({
  ticket: z.string().max(1_024).optional(),
  after: z
    .string()
    .regex(/^\d{1,16}$/, "Not a number that came with a row.")
    .transform(Number)
    .optional()
    .openapi({ type: "integer", description: "Goes on behind this number." }),
});

const upgraded = {
  101: { description: "The connection is a WebSocket now." },
  ...problemAnswers,
} as const;

const PROTOCOL =
  'The client sends `{"subscribe": [topics], "after"?: seq}`, `{"unsubscribe": [topics]}`, and `{"ack": seq}` ' +
  "at least once in 1,000 rows: more are not sent without it. Topics are runs, jobs, executors, workflow-runs, " +
  'and workflow-run:<id> for one with its steps. The server answers `{"subscribed": [topics], "seq"}`, then ' +
  'sends whole rows, `{"topic", "seq", "row"}`, in their order; a row replaces what is known of it unless that ' +
  'has a higher version. `{"reset": true, "seq"}` says that rows may have been missed: load anew, and go on. ' +
  "Reconnect with `after` to miss nothing. A text message `ping` is answered `pong`. What is wrong is told as " +
  '`{"error": {"code", "detail"}}` before the socket is closed with 1008; after twelve hours, and when ' +
  "the session or token that opened it has ended, it is closed with 4401, and wants a new ticket.";

const open = createRoute({
  method: "get",
  path: `${BASE_PATH}/live`,
  summary: "Rows of the namespace as they change, over a WebSocket",
  description: PROTOCOL,
  request: { query: opening.omit({ after: true }) },
  responses: upgraded,
});

const openWorkflowRun = createRoute({
  method: "get",
  path: `${BASE_PATH}/workflow-runs/{workflowRun}/live`,
  summary: "One workflow run and its steps as they change, over a WebSocket",
  description: "As GET /live, subscribed to the workflow run from the first moment.",
  request: { params: z.strictObject({ workflowRun: z.string().min(1).max(64) }), query: opening },
  responses: upgraded,
});

/** The way to those hubs where people and programs watch. */
export function addLiveRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(makeTicket, (c) => {
    const nowMs = c.get("nowMs");
    refuseLimited(principalOf(c));
    const who = principalOf(c);
    const { id: principal, namespace } = who;
    const expMs = nowMs + TICKET_LIFE_MS;
    const id = deps.ids.next(nowMs);
    const ticket = deps.liveTickets.issue({
      namespace,
      principal,
      credential: credentialOf(who),
      id,
      expMs,
    });
    return c.json({ ticket, expiresAt: isoText(expMs) }, 201);
  });

  api.openapi(open, (c) => opened(c, deps, { topics: [], after: null }));

  api.openapi(openWorkflowRun, (c) => {
    const { workflowRun } = c.req.valid("param");
    if (shardOfId("wr", workflowRun, deps.shards.count) === undefined)
      throw new Refusal("workflow_run.unknown", `There is no workflow run ${workflowRun}.`);
    const after = c.req.valid("query").after ?? null;
    return opened(c, deps, { topics: [topicOfWorkflowRun(workflowRun)], after });
  });
}

async function opened(
  c: Context<ApiEnv>,
  { live }: ApiDeps,
  wish: { readonly topics: readonly string[]; readonly after: number | null },
): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return upgradeRequired(c);
  refuseForeignPages(c, live.origin);
  refuseLimited(principalOf(c));
  const ticket = c.get("ticket");
  return live.open(
    {
      ...wish,
      namespace: namespaceOf(c),
      untilMs: c.get("nowMs") + LIVE_HUB_LIMITS.lifeMs,
      credential: ticket === null ? credentialOf(principalOf(c)) : ticket.credential,
      ticket: ticket === null ? null : { id: ticket.id, expMs: ticket.expMs },
    },
    { request: c.req.raw, env: c.env },
  );
}

/** What a socket ends with. */
function credentialOf({ kind, id, session }: Principal): string | null {
  return kind === "token" ? id : session;
}

/** A hub tells whole rows of a namespace to everybody who watches it. */
function refuseLimited({ executors }: Principal): void {
  if (executors === null) return;
  throw new Refusal(
    "permission.denied",
    "Live rows are those of the whole namespace, and you are limited to some of its executors.",
    { hint: "Read the lists again instead." },
  );
}

function upgradeRequired(c: Context<ApiEnv>): Response {
  const detail = "This route speaks WebSocket only.";
  const hint = "Open it with a WebSocket client: wss://…/api/v1/live?ticket=….";
  const response = problem(c, { code: "request.invalid", detail, hint }, 426);
  response.headers.set("Upgrade", "websocket");
  return response;
}

/**
 * A page says where it is from, and a browser never lies about it. Ours is the one at the address that was
 * called, or at the one that the deployment is known under. Programs say nothing.
 */
function refuseForeignPages(c: Context<ApiEnv>, own: string): void {
  const origin = c.req.header("origin");
  if (origin === undefined || origin === own) return;
  const host = URL.canParse(origin) ? new URL(origin).host : null;
  if (host !== null && host === new URL(c.req.url).host) return;
  throw new Refusal("permission.denied", "Only our own pages may open a WebSocket here.", {
    hint: "Open it from the dashboard, or from a program that sends no Origin.",
  });
}
