import { createHash, randomBytes } from "node:crypto";
import { checkUserHeaders } from "../adapters/egress-headers.ts";
import { icsDates } from "../adapters/ics-dates.ts";
import { createIds } from "../adapters/uuid-ids.ts";
import type { ApiDeps } from "../api/api-deps.ts";
import type { Json } from "../core/json.ts";
import { createCallbackTokens } from "../dialects/callback-token.ts";
import { createExecTokens } from "../dialects/exec-token.ts";
import { createLiveTickets } from "../dialects/live-ticket.ts";
import { VERSION } from "../dialects/identity-headers.ts";
import { webhookSecret } from "../dialects/webhook-secret.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import type { Deployment } from "../ports/directory.ts";
import type { Log, LogFields } from "../ports/log.ts";
import type { Passwords } from "../ports/passwords.ts";
import type { People } from "../ports/people.ts";
import { asset } from "./assets.ts";
import type { Settings } from "./settings.ts";

const BOOTSTRAP_RATE_PER_MINUTE_MIN = 60_000;

/** What the API reaches beyond this machine's own. */
type Reached =
  | "audit"
  | "auditReader"
  | "shards"
  | "executors"
  | "live"
  | "records"
  | "stats"
  | "logs"
  | "directory"
  | "quotaBooks"
  | "egress";

/** What the API needs of this machine, whatever is behind it. */
export function apiParts(host: {
  readonly settings: Settings;
  readonly cipher: Cipher;
  readonly deployment: Deployment;
  readonly people: People;
  readonly passwords: Passwords;
  readonly log: Log;
  readonly clock: Clock;
}): Omit<ApiDeps, Reached> {
  const { settings, cipher, deployment, log } = host;
  const tokens = createCallbackTokens(cipher, deployment.id);
  return {
    clock: host.clock,
    ids: createIds(),
    secretBytes: (count) => new Uint8Array(randomBytes(count)),
    cipher,
    deployment,
    people: host.people,
    passwords: host.passwords,
    settings: {
      version: VERSION,
      host: "standalone",
      runtime: runtimeName(),
      bootstrapTokenHash:
        settings.bootstrapToken === null
          ? null
          : createHash("sha256").update(settings.bootstrapToken).digest("hex"),
      // The first start makes the first user.
      setupTokenHash: null,
      ratePerMinute: settings.ratePerMinute,
      bootstrapRatePerMinute: Math.max(BOOTSTRAP_RATE_PER_MINUTE_MIN, settings.ratePerMinute),
    },
    log: { write: ({ level, event, fields }) => log[level](event, flat(fields)) },
    checkTarget: (target) => {
      if (target.kind === "webhook") checkUserHeaders(target.headers);
    },
    icsDates,
    verifyCallbackToken: (token, nowMs) => tokens.verify(token, nowMs),
    liveTickets: createLiveTickets(cipher, deployment.id),
    execTokens: createExecTokens({ cipher, deploymentId: deployment.id }),
    webhookSecret: (namespace, generation) => webhookSecret(cipher, namespace, generation),
    asset,
    clientAddress: (_request, env) => asEnv(env).incoming?.socket?.remoteAddress ?? null,
    waitUntil: (work) => void work,
  };
}

/** Bun and Deno say their own version beside the Node that they stand for. */
function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`;
}

/** The log takes plain values; what is deeper becomes its JSON. */
function flat(fields: { readonly [field: string]: Json }): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null ? JSON.stringify(value) : value,
    ]),
  );
}

interface NodeEnv {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** What the HTTP server hands along with a request: the socket it came on. */
export function asEnv(env: unknown): NodeEnv {
  // Made by @hono/node-server, whose shape this is; anything else has no `incoming`.
  return typeof env === "object" && env !== null ? env : {};
}
