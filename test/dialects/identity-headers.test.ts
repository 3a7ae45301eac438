import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { identityHeaders, VERSION } from "../../src/dialects/identity-headers.ts";
import { headerFault } from "../../src/adapters/egress-headers.ts";
import { aStep, aWebhookDelivery } from "../support/deliveries.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

it("the caller's trace is passed on", () => {
  const headers = identityHeaders(aWebhookDelivery({}, { traceparent: TRACEPARENT }));

  expect(headers["traceparent"]).toBe(TRACEPARENT);
});

it.each([
  null,
  "",
  "x",
  TRACEPARENT.toUpperCase(),
  `${TRACEPARENT}\r\nx: y`,
  "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
])("with %j for a trace, all attempts of a run share one of its own", (traceparent) => {
  const [first, again, second] = [1, 1, 2].map(
    (attempt) => identityHeaders(aWebhookDelivery({}, { traceparent, attempt }))["traceparent"],
  );

  expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(again).toBe(first);
  expect(second).not.toBe(first);
  expect(second?.slice(0, 36)).toBe(first?.slice(0, 36));
});

it("a run that is no step of a workflow says nothing of workflows", () => {
  expect(identityHeaders(aWebhookDelivery())).not.toHaveProperty("tickwheel-step");
});

it.each([
  ["extract", "extract"],
  ["ok? 100%", "ok? 100%25"],
  [" a b ", "%20a b%20"],
  ["prüfen", "pr%C3%BCfen"],
  ["批准\r\n", "%E6%89%B9%E5%87%86%0D%0A"],
  ["\ud800", "%EF%BF%BD"],
])("the step %j is %s in its header", (step, said) => {
  const headers = identityHeaders(aWebhookDelivery({}, { workflow: aStep({ step }) }));

  expect(headers["tickwheel-step"]).toBe(said);
  expect(headerFault("tickwheel-step", said)).toBeNull();
});

it("the version on the wire is that of the package", () => {
  const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));

  expect(manifest).toMatchObject({ version: VERSION });
  expect(identityHeaders(aWebhookDelivery())["user-agent"]).toBe(`Tickwheel/${VERSION}`);
});
