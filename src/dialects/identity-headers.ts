import type { Delivery } from "../ports/dispatcher.ts";
import { stepHeaders } from "./delivered-step.ts";

/** The version in `package.json`; a test holds them equal. */
export const VERSION = "0.1.0";

/** W3C Trace Context, version 00; an all-zero trace or parent is not valid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * What says on the wire which run this is, and of a workflow's step which one. All but the attempt stays the
 * same when a run is tried again. The record is the caller's, to add to.
 */
export function identityHeaders(delivery: Omit<Delivery, "route">): Record<string, string> {
  const headers: Record<string, string> = {
    "idempotency-key": delivery.runId,
    "tickwheel-run": delivery.runId,
    "tickwheel-attempt": String(delivery.attempt),
    "tickwheel-nominal": instantText(delivery.nominalMs),
    traceparent: traceparentOf(delivery),
    "user-agent": `Tickwheel/${VERSION}`,
  };
  return delivery.workflow === null
    ? headers
    : Object.assign(headers, stepHeaders(delivery.workflow));
}

/** An instant as it goes on the wire (RFC 3339, UTC, milliseconds). A herd is due at one instant. */
export function instantText(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

let last = { ms: 0, text: new Date(0).toISOString() };

/**
 * The caller's trace goes on; a run without one gets its own, so that all its attempts share a trace: the
 * run's UUID is the trace, and its last digits with the attempt and the sending are the parent.
 */
function traceparentOf(delivery: Omit<Delivery, "route">): string {
  const { traceparent, runId, attempt, send } = delivery;
  if (traceparent !== null && TRACEPARENT.test(traceparent)) return traceparent;
  const uuid = runId.slice(4, 36);
  const sending = (attempt * 0x10 + send).toString(16).padStart(8, "0");
  return `00-${uuid}-${sending.slice(-8)}${uuid.slice(-8)}-01`;
}
