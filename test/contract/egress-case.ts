import assert from "node:assert/strict";
import {
  EGRESS_LIMITS,
  type EgressLimits,
  type Resolve,
} from "../../src/adapters/egress-options.ts";
import type { ConnectionBounds } from "../../src/adapters/origin-clients.ts";
import { createEgressPolicy } from "../../src/adapters/egress-policy.ts";
import type { EgressOptions } from "../../src/adapters/egress-options.ts";
import type { Egress, EgressAnswer, EgressRequest } from "../../src/ports/egress.ts";
import { openRawSink, rawAnswer, type RawAnswer, type RawSink } from "../support/raw-sink.ts";
import type { ContractCase } from "./contract-case.ts";

export type CreateEgress = (options: EgressOptions) => Egress;
export type EgressCase = ContractCase<CreateEgress>;

export interface EgressSettings {
  readonly allow?: readonly string[];
  readonly own?: readonly string[];
  readonly limits?: Partial<EgressLimits>;
  readonly resolve?: Resolve;
  readonly connections?: ConnectionBounds;
}

/** An egress that may reach loopback, unless the case says otherwise. */
export function openEgress(create: CreateEgress, settings: EgressSettings = {}): Egress {
  const { allow = ["loopback"], own = [], limits = {}, resolve } = settings;
  return create({
    policy: createEgressPolicy({ allow, own }),
    connectionsPerOrigin: settings.connections ?? { soon: 8, max: 8 },
    limits: { ...EGRESS_LIMITS, ...limits },
    ...(resolve === undefined ? {} : { resolve }),
  });
}

export function aRequest(url: string, change: Partial<EgressRequest> = {}): EgressRequest {
  return { method: "POST", url, headers: {}, body: "{}", timeoutMs: 5_000, ...change };
}

/** Runs `work` with an egress and a sink that answers as told, and closes both. */
export async function withSink(
  create: CreateEgress,
  answer: RawAnswer,
  work: (place: {
    readonly egress: Egress;
    readonly sink: RawSink;
    readonly url: string;
  }) => Promise<void>,
  settings: EgressSettings = {},
): Promise<void> {
  const sink = await openRawSink(answer);
  const egress = openEgress(create, settings);
  try {
    await work({ egress, sink, url: `http://127.0.0.1:${sink.port}/hook` });
  } finally {
    await egress.close();
    await sink.close();
  }
}

/** A sink's answer that says 200 and no more. */
export const plainOk: RawAnswer = (socket) => {
  socket.write(rawAnswer("ok"));
};

export function assertOk(
  answer: EgressAnswer,
): asserts answer is Extract<EgressAnswer, { readonly ok: true }> {
  assert.ok(answer.ok, answer.ok ? "" : `${answer.reason}: ${answer.message}`);
}

export function assertFailure(
  answer: EgressAnswer,
  expected: { readonly reason: string; readonly delivered: boolean },
): void {
  assert.ok(!answer.ok, "the exchange was expected to fail");
  const { reason, delivered } = answer;
  assert.deepEqual({ reason, delivered }, expected, answer.message);
}
