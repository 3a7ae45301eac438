/** Goal: what `PROTOCOL.md` says of the wire is what goes over it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../../src/dialects/identity-headers.ts";
import { nativeDialect } from "../../src/dialects/native.ts";
import { aContext, anExecutorDelivery, aStep } from "../support/deliveries.ts";

const PAGE = readFileSync("src/sdk/PROTOCOL.md", "utf8");
const blocks = (kind: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text = ""]) => text,
  );

function aDelivery() {
  const slice = { index: 0, total: 3, items: ["a", "b"], node: null };
  return nativeDialect.encode(anExecutorDelivery({ slice, trigger: "shard" }), aContext());
}

test("its delivery is one that we send", () => {
  const said = JSON.parse(blocks("json")[0] ?? "");
  const sent = JSON.parse(aDelivery().body ?? "");

  expect({ ...sent, callback: null }).toEqual({ ...said, callback: null });
  expect(sent.callback.url).toBe(said.callback.url);
  for (const field of Object.keys(sent)) expect(PAGE).toContain(`\`${field}\``);
});

test("its step is one that we send", () => {
  const { workflow: said } = JSON.parse(blocks("json")[1] ?? "");
  const workflow = aStep({ part: 0, isCompensation: true });
  const { headers, body } = nativeDialect.encode(anExecutorDelivery({ workflow }), aContext());

  expect(JSON.parse(body ?? "").workflow).toEqual(said);
  for (const field of Object.keys(said)) expect(PAGE).toContain(`\`${field}\``);
  const plain = aDelivery().headers;
  const added = Object.keys(headers).filter((name) => !(name in plain));
  expect(added).toHaveLength(2);
  for (const name of added) expect(PAGE.toLowerCase()).toContain(`\`${name}\``);
});

test("its headers are those that we send", () => {
  const said = (blocks("http")[0] ?? "")
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(": "));
  const { headers } = aDelivery();

  expect(said.map(([name = ""]) => name.toLowerCase()).toSorted()).toEqual(
    Object.keys(headers).toSorted(),
  );
  for (const [name = "", value = ""] of said.filter(([header]) => header !== "Authorization"))
    expect(headers[name.toLowerCase()]).toBe(value);
  expect(PAGE).toContain(`Tickwheel/${VERSION}`);
});

test("it names every claim", () => {
  const [, payload = ""] = (aDelivery().headers["authorization"] ?? "").split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());

  for (const claim of Object.keys(claims)) expect(PAGE).toContain(`\`${claim}\``);
});

test("its blocks of JSON are JSON", () => {
  expect(blocks("json")).toHaveLength(6);
  for (const block of blocks("json")) expect(() => JSON.parse(block)).not.toThrow();
});

test("the example in Python is as short as it says", () => {
  const lines = readFileSync("test/support/examples/python_executor.py", "utf8").split("\n");

  expect(lines.length).toBeLessThanOrEqual(120);
});
