import { expect, it } from "vitest";
import { createCallbackTokens } from "../../src/dialects/callback-token.ts";
import { createDispatcher } from "../../src/dialects/dispatch.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { Egress, EgressAnswer, EgressRequest } from "../../src/ports/egress.ts";
import {
  anAnswer,
  aStep,
  anExecutorDelivery,
  aWebhookDelivery,
  cipher,
  DEPLOYMENT_ID,
  NOW_MS,
} from "../support/deliveries.ts";

/** An egress that keeps what it was given and answers as told. */
function recordingEgress(answer: () => EgressAnswer): Egress & { readonly sent: EgressRequest[] } {
  const sent: EgressRequest[] = [];
  return {
    sent,
    async send(request) {
      sent.push(request);
      return answer();
    },
    refuses: () => null,
    close: () => Promise.resolve(),
  };
}

function aDispatcher(egress: Egress) {
  return createDispatcher({
    egress,
    cipher,
    clock: { nowMs: () => NOW_MS },
    deploymentId: DEPLOYMENT_ID,
    publicUrl: () => "https://tickwheel.example/",
  });
}

function dispatch(delivery: Delivery, egress: Egress) {
  return aDispatcher(egress).send(delivery);
}

it("a webhook is sent in its dialect, and answered with status and phases", async () => {
  const egress = recordingEgress(() => anAnswer(200, '{"result":1}'));
  const delivery = aWebhookDelivery();

  const answered = await dispatch(delivery, egress);

  expect(egress.sent.map(({ url }) => url)).toEqual(["https://example.com/hook?a=b"]);
  expect(answered).toEqual({
    runId: delivery.runId,
    attempt: 2,
    send: 1,
    answer: { kind: "succeeded", result: 1, truncated: false, context: null },
    status: 200,
    phases: { total: 1 },
    node: null,
    unreached: [],
  });
});

it("an executor gets a callback token that we accept again", async () => {
  const egress = recordingEgress(() => anAnswer(202));
  const delivery = anExecutorDelivery();

  const answered = await dispatch(delivery, egress);

  expect(answered.answer).toEqual({ kind: "accepted" });
  const body: unknown = JSON.parse(egress.sent[0]?.body ?? "");
  expect(body).toMatchObject({
    callback: { url: "https://tickwheel.example/api/v1/executor/callback" },
  });
  const token = /"token":"([^"]+)"/.exec(egress.sent[0]?.body ?? "")?.[1] ?? "";
  const tokens = createCallbackTokens(cipher, DEPLOYMENT_ID);
  expect(await tokens.verify(token, NOW_MS)).toEqual({
    shard: 3,
    run: delivery.runId,
    attempt: 2,
  });
});

it("202 means acceptance for executors and asynchronous webhooks only", async () => {
  const egress = recordingEgress(() => anAnswer(202, "1"));

  const kinds = await Promise.all(
    [anExecutorDelivery(), aWebhookDelivery({ mode: "async" }), aWebhookDelivery()].map(
      async (delivery) => (await dispatch(delivery, egress)).answer.kind,
    ),
  );

  expect(kinds).toEqual(["accepted", "accepted", "succeeded"]);
});

it("a delivery without a route fails without a byte sent", async () => {
  const egress = recordingEgress(() => anAnswer(200));
  const error = { message: "the executor has no nodes", code: "no_node" };

  const answered = await dispatch(
    { ...aWebhookDelivery(), route: { kind: "none", error } },
    egress,
  );

  expect(egress.sent).toEqual([]);
  expect(answered).toMatchObject({
    answer: { kind: "failed", error, retry: true, delivered: false },
    status: null,
    phases: null,
  });
});

it("a workflow that a dispatcher is asked to start is a bug, and reaches nobody", async () => {
  const egress = recordingEgress(() => anAnswer(200));
  const target = { kind: "workflow", workflow: "etl" } as const;
  const route = { kind: "workflow", target, nesting: 1 } as const;

  const answered = await dispatch({ ...aWebhookDelivery(), route }, egress);

  expect(egress.sent).toEqual([]);
  expect(answered.answer).toMatchObject({
    kind: "failed",
    error: { message: expect.stringMatching(/^bug: a workflow/), code: "internal" },
    delivered: false,
  });
});

it("only what answers for a step may change the context of a workflow run", async () => {
  const egress = recordingEgress(() => anAnswer(200, '{"result":1,"context":{"day":"mon"}}'));
  const workflow = aStep();
  const deliveries = [
    aWebhookDelivery(),
    aWebhookDelivery({}, { workflow }),
    anExecutorDelivery(),
    anExecutorDelivery({ workflow }),
  ];

  const answers = await Promise.all(
    deliveries.map(async (delivery) => (await dispatch(delivery, egress)).answer),
  );

  const heard = { kind: "succeeded", result: 1, context: { day: "mon" } };
  const unheard = { kind: "succeeded", result: 1, context: null };
  expect(answers).toMatchObject([unheard, heard, unheard, heard]);
});

it("a fault of ours before the request leaves is a failure that reached nobody", async () => {
  const egress = recordingEgress(() => anAnswer(200));
  const delivery = anExecutorDelivery();
  const node = { ...delivery.route.node, sealedSecret: "v1.broken.text" };
  const route = { ...delivery.route, node };

  const answered = await dispatch({ ...delivery, route }, egress);

  expect(egress.sent).toEqual([]);
  expect(answered.answer).toMatchObject({
    kind: "failed",
    error: { code: "internal" },
    delivered: false,
  });
});

it("a fault of ours after the request left leaves the outcome unknown", async () => {
  const egress = recordingEgress(() => {
    throw new Error("broken");
  });

  const answered = await dispatch(aWebhookDelivery(), egress);

  expect(answered.answer).toEqual({
    kind: "unknown",
    error: { message: "broken", code: "internal" },
  });
});

it("a delivery that is aborted is answered by what its carrier says of it", async () => {
  const brokenOff = {
    ok: false,
    reason: "cut",
    message: "broken off",
    delivered: true,
  } as const;
  const egress: Egress = {
    send: (_request, breakOff) =>
      new Promise((resolve) => {
        if (breakOff !== undefined) breakOff.onBreak = () => resolve(brokenOff);
      }),
    refuses: () => null,
    close: () => Promise.resolve(),
  };
  const dispatcher = aDispatcher(egress);
  const delivery = aWebhookDelivery();
  const answering = dispatcher.send(delivery);
  const { runId, attempt, send } = delivery;
  dispatcher.abort({ runId, attempt, send: send + 1 });
  dispatcher.abort({ runId: "run_x", attempt, send });
  dispatcher.abort({ runId, attempt, send });

  expect((await answering).answer).toMatchObject({ kind: "unknown" });
});
