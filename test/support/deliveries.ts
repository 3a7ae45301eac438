import { createCipher } from "../../src/adapters/cipher.ts";
import type { DeliveryOf, DialectContext } from "../../src/dialects/dialect.ts";
import { createCallbackTokens } from "../../src/dialects/callback-token.ts";
import { SecretKeys } from "../../src/dialects/secret-keys.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import type { DeliveredStep } from "../../src/ports/dispatcher.ts";
import type { EgressAnswer } from "../../src/ports/egress.ts";
import { MASTER_KEY } from "./master-keys.ts";
import { EXECUTOR_DEFAULTS } from "./specs.ts";

export const NOW_MS = Date.UTC(2026, 10, 21, 2, 0, 0, 250);
export const DEPLOYMENT_ID = "dep_1";
export const APP_SECRET = "tws_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
export const cipher = createCipher(MASTER_KEY);

const COMMON = {
  runId: "run_019aa3c1d2007abc8def0123456789ab03",
  jobId: "job_019aa3c1d2007abc8def0123456789cd03",
  jobName: "nightly-report",
  namespace: "default",
  attempt: 2,
  send: 1,
  attemptsMax: 4,
  nominalMs: Date.UTC(2026, 10, 21, 2),
  trigger: "tick",
  params: { customer: 7 },
  slice: null,
  workflow: null,
  sentMs: NOW_MS,
  timeoutMs: 60_000,
  traceparent: null,
} as const;

/** What a delivery says that does a step: the only run of it, for the first time. */
export function aStep(change: Partial<DeliveredStep> = {}): DeliveredStep {
  return {
    run: "wr_019aa3c1d1007abc8def0123456789ef05",
    step: "extract",
    revision: 1,
    part: null,
    isCompensation: false,
    context: { day: "mon" },
    ...change,
  };
}

type WebhookTarget = DeliveryOf<"webhook">["route"]["target"];

export function aWebhookDelivery(
  target: Partial<WebhookTarget> = {},
  change: Partial<DeliveryOf<"webhook">> = {},
): DeliveryOf<"webhook"> {
  return {
    ...COMMON,
    route: {
      kind: "webhook",
      target: {
        kind: "webhook",
        url: "https://example.com/hook?a=b",
        method: "POST",
        headers: {},
        body: null,
        mode: "sync",
        ...target,
      },
      signingGenerations: [1],
    },
    ...change,
  };
}

export function anExecutorDelivery(
  change: Partial<DeliveryOf<"executor">> = {},
): DeliveryOf<"executor"> {
  return {
    ...COMMON,
    route: {
      kind: "executor",
      target: {
        kind: "executor",
        executor: "billing",
        handler: "report",
        ...EXECUTOR_DEFAULTS,
      },
      node: {
        address: "https://worker-3.example.com",
        sealedSecret: cipher.seal(APP_SECRET, secretContext("default", "billing")),
      },
      alternates: [],
      appKey: "billing",
    },
    ...change,
  };
}

export function aContext(change: Partial<DialectContext> = {}): DialectContext {
  const keys = new SecretKeys(cipher);
  const tokens = createCallbackTokens(cipher, DEPLOYMENT_ID);
  return {
    deploymentId: DEPLOYMENT_ID,
    callbackUrl: "https://tickwheel.example/api/v1/executor/callback",
    nowMs: NOW_MS,
    callbackToken: ({ runId, attempt, sentMs, timeoutMs }) =>
      tokens.issue({ run: runId, attempt, deadlineMs: sentMs + timeoutMs }),
    webhookKey: (namespace, generation) => keys.webhook(namespace, generation),
    executorKey: (namespace, appKey, sealed) => keys.executor(namespace, appKey, sealed),
    ...change,
  };
}

export function anAnswer(
  status: number,
  body = "",
  more: { readonly headers?: Readonly<Record<string, string>>; readonly truncated?: boolean } = {},
): EgressAnswer {
  const { headers = {}, truncated = false } = more;
  return { ok: true, status, headers, body, truncated, phases: { total: 1 } };
}
