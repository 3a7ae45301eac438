import { createHash } from "node:crypto";
import { jwtVerify } from "jose";
import { expect, it } from "vitest";
import { createNodeProbe, PROBE_LIMITS } from "../../src/dialects/node-probe.ts";
import type { Egress, EgressAnswer, EgressRequest } from "../../src/ports/egress.ts";
import {
  anAnswer,
  anExecutorDelivery,
  APP_SECRET,
  cipher,
  DEPLOYMENT_ID,
  NOW_MS,
} from "../support/deliveries.ts";

const TARGET = {
  namespace: "default",
  appKey: "billing",
  address: "https://worker-3.example.com/base",
  sealedSecret: anExecutorDelivery().route.node.sealedSecret,
};

/** Probes a node that takes 100 ms to say this. */
async function probe(answer: EgressAnswer, target = TARGET) {
  const sent: EgressRequest[] = [];
  let nowMs = NOW_MS;
  const egress: Egress = {
    async send(request) {
      sent.push(request);
      nowMs += 100;
      return answer;
    },
    refuses: () => null,
    close: () => Promise.resolve(),
  };
  const clock = { nowMs: () => nowMs };
  const nodeProbe = createNodeProbe({ egress, cipher, clock, deploymentId: DEPLOYMENT_ID });
  return { said: await nodeProbe.probe(target), sent };
}

it("asks for the health of the node, signed as a delivery is", async () => {
  const { sent } = await probe(anAnswer(200, "{}"));

  const [request] = sent;
  const url = "https://worker-3.example.com/base/tickwheel/health";
  expect(request).toMatchObject({ method: "GET", url, body: null, timeoutMs: 5_000 });
  const bearer = request?.headers["authorization"]?.replace("Bearer ", "") ?? "";
  const { payload } = await jwtVerify(bearer, new TextEncoder().encode(APP_SECRET), {
    typ: "run+jwt",
    issuer: DEPLOYMENT_ID,
    audience: "billing",
    subject: url,
    currentDate: new Date(NOW_MS),
  });
  expect(payload["body"]).toBe(createHash("sha256").update("").digest("base64url"));
});

it("tells what the node said, how long it took and how its clock goes", async () => {
  const now = new Date(NOW_MS + 3_050).toISOString();
  const health = { ok: true, appKey: "billing", handlers: ["report", 7], inFlight: 2, now };

  const { said } = await probe(anAnswer(200, JSON.stringify(health)));

  expect(said).toEqual({
    isReached: true,
    status: 200,
    latencyMs: 100,
    clockSkewMs: 3_000,
    answer: health,
    error: null,
    handlers: ["report"],
    inFlight: 2,
    appKey: "billing",
  });
});

it("reads the clock of any HTTP server from its Date", async () => {
  const headers = { date: new Date(NOW_MS).toUTCString() };

  const { said } = await probe(anAnswer(404, "not found", { headers }));

  expect(said).toMatchObject({ isReached: true, status: 404, answer: "not found" });
  expect(Math.abs(said.clockSkewMs ?? 9_999)).toBeLessThan(600);
  expect(said).toMatchObject({ handlers: null, inFlight: null, appKey: null });
});

it("keeps only so much of what a node says", async () => {
  const { said } = await probe(anAnswer(200, "x".repeat(PROBE_LIMITS.answerCharsMax + 1)));

  expect(said.answer).toBe("x".repeat(PROBE_LIMITS.answerCharsMax));
});

it("a node that is not reached, or cannot be asked, is told with its reason", async () => {
  const away = { ok: false, reason: "unreachable", message: "refused", delivered: false } as const;

  expect((await probe(away)).said).toMatchObject({
    isReached: false,
    status: null,
    latencyMs: 100,
    error: "refused",
  });
  expect((await probe(away, { ...TARGET, appKey: "mailing" })).said).toMatchObject({
    isReached: false,
    error: expect.stringMatching(/does not open/),
  });
});
