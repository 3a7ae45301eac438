import type { Json } from "../core/json.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import type { Egress, EgressAnswer } from "../ports/egress.ts";
import type { NodeProbe, ProbeAnswer } from "../ports/node-probe.ts";
import { nativeDialect } from "./native.ts";
import { SecretKeys } from "./secret-keys.ts";
import { parseShallowJson } from "./shallow-json.ts";

export const PROBE_LIMITS = { answerCharsMax: 4_096 } as const;

export interface NodeProbeSettings {
  readonly egress: Egress;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly deploymentId: string;
}

/** Asks nodes how they are, through the guarded way out and in their dialect. */
export function createNodeProbe({
  egress,
  cipher,
  clock,
  deploymentId,
}: NodeProbeSettings): NodeProbe {
  const keys = new SecretKeys(cipher);
  const executorKey = (namespace: string, appKey: string, sealed: string) =>
    keys.executor(namespace, appKey, sealed);
  return {
    async probe(target) {
      const sentMs = clock.nowMs();
      try {
        const context = { deploymentId, nowMs: sentMs, executorKey };
        const answer = await egress.send(nativeDialect.encodeProbe(target, context));
        return answerOf(answer, { sentMs, heardMs: clock.nowMs() });
      } catch (error) {
        // Such as a secret that does not open: our fault, and no sign of the node's.
        const message = error instanceof Error ? error.message : String(error);
        return silence(message, 0);
      }
    },
  };
}

interface Times {
  readonly sentMs: number;
  readonly heardMs: number;
}

function answerOf(answer: EgressAnswer, { sentMs, heardMs }: Times): ProbeAnswer {
  // The clock may have been set back meanwhile.
  const latencyMs = Math.max(0, heardMs - sentMs);
  if (!answer.ok) return silence(answer.message, latencyMs);
  const { nowMs, ...said } = nativeDialect.decodeProbe(answer);
  const theirMs = nowMs ?? dateOf(answer.headers["date"]);
  return {
    isReached: true,
    status: answer.status,
    latencyMs,
    clockSkewMs: theirMs === null ? null : Math.round(theirMs - (sentMs + latencyMs / 2)),
    answer: excerpt(answer.body),
    error: null,
    ...said,
  };
}

function silence(error: string, latencyMs: number): ProbeAnswer {
  return {
    isReached: false,
    status: null,
    latencyMs,
    clockSkewMs: null,
    answer: null,
    error,
    handlers: null,
    inFlight: null,
    appKey: null,
  };
}

/** The header has whole seconds, cut off: the middle of the second is the best guess. */
function dateOf(header: string | undefined): number | null {
  const ms = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(ms) ? null : ms + 500;
}

function excerpt(body: string): Json {
  const { answerCharsMax } = PROBE_LIMITS;
  if (body.length > answerCharsMax) return body.slice(0, answerCharsMax);
  return parseShallowJson(body) ?? body;
}
