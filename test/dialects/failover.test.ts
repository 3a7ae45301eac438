import { jwtVerify } from "jose";
import { expect, it } from "vitest";
import { createDispatcher } from "../../src/dialects/dispatch.ts";
import type { Delivery, RouteNode } from "../../src/ports/dispatcher.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import type { BreakOff, Egress, EgressAnswer, EgressRequest } from "../../src/ports/egress.ts";
import {
  anAnswer,
  anExecutorDelivery,
  APP_SECRET,
  cipher,
  DEPLOYMENT_ID,
  NOW_MS,
} from "../support/deliveries.ts";

const UNREACHABLE: EgressAnswer = {
  ok: false,
  reason: "unreachable",
  message: "connection refused",
  delivered: false,
};
const NEXT_SECRET = "tws_next_0123456789abcdefghijklmnopqrstuvwxyz";

function aNode(name: string, secret = APP_SECRET): RouteNode {
  const sealedSecret = cipher.seal(secret, secretContext("default", "billing"));
  return { address: `https://${name}.example`, sealedSecret };
}

/** A delivery to the node `a`, with others to go to when it is away. */
function aDelivery(alternates: readonly RouteNode[], timeoutMs = 60_000): Delivery {
  const delivery = anExecutorDelivery({ timeoutMs });
  return { ...delivery, route: { ...delivery.route, node: aNode("a"), alternates } };
}

type Answering = (
  request: EgressRequest,
  breakOff?: BreakOff,
) => EgressAnswer | Promise<EgressAnswer>;

/** A dispatcher whose clock moves only when the answering moves it. */
function aScene(answering: Answering) {
  const sent: EgressRequest[] = [];
  const scene = { nowMs: NOW_MS };
  const egress: Egress = {
    async send(request, breakOff) {
      sent.push(request);
      return answering(request, breakOff);
    },
    refuses: () => null,
    close: () => Promise.resolve(),
  };
  const dispatcher = createDispatcher({
    egress,
    cipher,
    clock: { nowMs: () => scene.nowMs },
    deploymentId: DEPLOYMENT_ID,
    publicUrl: () => "https://tickwheel.example",
  });
  return { dispatcher, sent, scene };
}

const hostOf = ({ url }: EgressRequest): string => new URL(url).hostname;
const onlyAt =
  (host: string): Answering =>
  (request) =>
    hostOf(request) === host ? anAnswer(200, '{"result":1}') : UNREACHABLE;

it("a node that cannot be reached gives way to the next, as the same sending", async () => {
  const { dispatcher, sent } = aScene(onlyAt("c.example"));
  const nodes = [aNode("b"), aNode("c", NEXT_SECRET), aNode("d")];

  const answered = await dispatcher.send(aDelivery(nodes));

  expect(sent.map(hostOf)).toEqual(["a.example", "b.example", "c.example"]);
  expect(answered).toMatchObject({
    attempt: 2,
    send: 1,
    answer: { kind: "succeeded", result: 1 },
    node: "https://c.example",
    unreached: ["https://a.example", "https://b.example"],
  });
  const bearer = sent[2]?.headers["authorization"]?.replace("Bearer ", "") ?? "";
  const { payload } = await jwtVerify(bearer, new TextEncoder().encode(NEXT_SECRET), {
    subject: "https://c.example/tickwheel/run",
    currentDate: new Date(NOW_MS),
  });
  expect(payload.jti).toMatch(/:2:1$/);
});

it("when none can be reached, the last one's answer counts", async () => {
  const { dispatcher, sent } = aScene(() => UNREACHABLE);

  const answered = await dispatcher.send(aDelivery(["b", "c", "d", "e"].map((n) => aNode(n))));

  expect(sent.map(hostOf)).toEqual(["a.example", "b.example", "c.example", "d.example"]);
  expect(answered).toMatchObject({
    answer: { kind: "failed", delivered: false, retry: true },
    node: "https://d.example",
    unreached: ["https://a.example", "https://b.example", "https://c.example"],
  });
});

it.each<[string, EgressAnswer]>([
  ["a refusal", anAnswer(503)],
  ["a cut", { ok: false, reason: "cut", message: "reset", delivered: true }],
  ["a timeout", { ok: false, reason: "timed_out", message: "late", delivered: true }],
  ["our guard's refusal", { ok: false, reason: "refused", message: "no", delivered: false }],
])("%s is an answer, and goes to no other node", async (_, answer) => {
  const { dispatcher, sent } = aScene(() => answer);

  const answered = await dispatcher.send(aDelivery([aNode("b")]));

  expect(sent).toHaveLength(1);
  expect(answered).toMatchObject({ node: "https://a.example", unreached: [] });
});

it("the nodes share the time of the delivery, and only the last may connect at leisure", async () => {
  const { dispatcher, sent, scene } = aScene((request) => {
    scene.nowMs += request.connectTimeoutMs ?? 0;
    return UNREACHABLE;
  });

  await dispatcher.send(aDelivery([aNode("b"), aNode("c")], 6_000));

  expect(sent.map(({ timeoutMs, connectTimeoutMs }) => [timeoutMs, connectTimeoutMs])).toEqual([
    [6_000, 2_000],
    [4_000, 2_000],
    [2_000, undefined],
  ]);
});

it("no node is tried when the time is over", async () => {
  const { dispatcher, sent, scene } = aScene(() => {
    scene.nowMs += 1_000;
    return UNREACHABLE;
  });

  const answered = await dispatcher.send(aDelivery([aNode("b"), aNode("c")], 1_000));

  expect(sent).toHaveLength(1);
  expect(answered).toMatchObject({ answer: { delivered: false }, unreached: [] });
});

it("a delivery that is aborted while it looks for a node goes to no further one", async () => {
  const delivery = aDelivery([aNode("b")]);
  const { dispatcher, sent } = aScene(
    (_, breakOff) =>
      new Promise((resolve) => {
        if (breakOff !== undefined) breakOff.onBreak = () => resolve(UNREACHABLE);
      }),
  );

  const answering = dispatcher.send(delivery);
  dispatcher.abort(delivery);

  expect(await answering).toMatchObject({ answer: { kind: "failed", delivered: false } });
  expect(sent).toHaveLength(1);
});

it("a cancel is true only when the node confirms it", async () => {
  const said = ['{"canceled":true}', '{"canceled":false}'];
  const { dispatcher, sent } = aScene(() => anAnswer(200, said.shift() ?? ""));
  const notice = {
    namespace: "default",
    appKey: "billing",
    node: aNode("a"),
    runId: "run_1",
    attempt: 1,
    reason: null,
  };
  const broken = { ...notice, node: { ...notice.node, sealedSecret: "v1.broken.text" } };

  expect(await dispatcher.cancel(notice)).toBe(true);
  expect(await dispatcher.cancel(notice)).toBe(false);
  expect(await dispatcher.cancel(broken)).toBe(false);
  expect(sent.map(({ url }) => url)).toEqual([
    "https://a.example/tickwheel/cancel",
    "https://a.example/tickwheel/cancel",
  ]);
});
