import { AttemptHere } from "./attempt-here.ts";
import { parseCancel, parseDelivery } from "./delivery-order.ts";
import { errorAnswer, jsonAnswer, type HttpAnswer } from "./outcome.ts";
import type { RunsHere } from "./runs-here.ts";
import { TokenMemory } from "./token-memory.ts";
import type { RunClaims, Tokens } from "./tokens.ts";

export const SURFACE_LIMITS = { bodyBytesMax: 8_388_608 } as const;

const METHODS: Readonly<Record<string, string>> = {
  "/tickwheel/run": "POST",
  "/tickwheel/cancel": "POST",
  "/tickwheel/health": "GET",
};

/** What a platform gives with a request, such as Workers' `ctx`, to finish work after the answer. */
export interface Lifetime {
  waitUntil?(work: Promise<unknown>): void;
}

export interface SurfaceDeps {
  readonly appKey: string;
  readonly handlerNames: readonly string[];
  readonly nowMs: () => number;
  readonly tokens: Tokens;
  readonly runs: RunsHere;
}

/** A request that is known to be the scheduler's. */
interface Proven {
  readonly claims: RunClaims;
  readonly text: string;
  readonly lifetime: Lifetime | undefined;
}

/** The three paths that the scheduler calls, under any base path. Whoever else calls is turned away. */
export function createSurface(
  deps: SurfaceDeps,
): (request: Request, lifetime?: Lifetime) => Promise<Response> {
  const memory = new TokenMemory();
  return async (request, lifetime) => {
    const answer = await answerTo({ deps, memory, request, lifetime });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}

async function answerTo(call: {
  readonly deps: SurfaceDeps;
  readonly memory: TokenMemory;
  readonly request: Request;
  readonly lifetime: Lifetime | undefined;
}): Promise<HttpAnswer> {
  const { deps, memory, request, lifetime } = call;
  const path = Object.keys(METHODS).find((ours) => new URL(request.url).pathname.endsWith(ours));
  if (path === undefined)
    return errorAnswer(404, { message: "nothing here", code: "path.unknown" });
  if (request.method !== METHODS[path])
    return errorAnswer(405, { message: `${METHODS[path]} only`, code: "method.unknown" });

  const authorization = request.headers.get("authorization");
  // A load balancer may ask too. It is told no more than that somebody answers.
  if (path === "/tickwheel/health" && authorization === null) return jsonAnswer(200, { ok: true });
  const body = await bytesOf(request);
  if (body === null) return errorAnswer(413, { message: "too long", code: "body.too_long" });
  const claims = await deps.tokens.verify({ authorization, path, body }, deps.nowMs());
  if (claims === null)
    return errorAnswer(401, { message: "no token of the scheduler's", code: "token.invalid" });
  if (path === "/tickwheel/health") return healthOf(deps);
  if (!memory.use(claims, deps.nowMs()))
    return errorAnswer(401, { message: "this token was used before", code: "token.replayed" });
  const proven = { claims, text: new TextDecoder().decode(body), lifetime };
  return path === "/tickwheel/run" ? run(deps, proven) : cancel(deps, proven);
}

async function run({ runs }: SurfaceDeps, { claims, text, lifetime }: Proven): Promise<HttpAnswer> {
  const order = parseDelivery(text);
  if (order === null || !isAbout(claims, order)) return malformed();
  const taken = runs.take(order, claims.issuedMs);
  if (!(taken instanceof AttemptHere)) return taken;
  lifetime?.waitUntil?.(taken.done);
  return taken.answered;
}

async function cancel({ runs }: SurfaceDeps, { claims, text }: Proven): Promise<HttpAnswer> {
  const order = parseCancel(text);
  return order === null || !isAbout(claims, order) ? malformed() : runs.cancel(order);
}

function healthOf({ appKey, handlerNames, runs, nowMs }: SurfaceDeps): HttpAnswer {
  const now = new Date(nowMs()).toISOString();
  return jsonAnswer(200, {
    ok: true,
    appKey,
    handlers: handlerNames,
    inFlight: runs.inFlight,
    now,
  });
}

function isAbout(
  { attempt }: RunClaims,
  order: { readonly run: string; readonly attempt: number },
): boolean {
  return attempt?.run === order.run && attempt.attempt === order.attempt;
}

function malformed(): HttpAnswer {
  return errorAnswer(400, { message: "not understood", code: "body.invalid" }, { retry: false });
}

/** Null when there is more than we read. */
async function bytesOf(request: Request): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request.body ?? []) {
    length += piece.byteLength;
    // Leaving the loop cancels the stream.
    if (length > SURFACE_LIMITS.bodyBytesMax) return null;
    pieces.push(piece);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.byteLength;
  }
  return body;
}
