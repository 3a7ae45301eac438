import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../src/adapters/cipher.ts";
import { createLiveTickets } from "../../src/dialects/live-ticket.ts";
import { cipher, DEPLOYMENT_ID, NOW_MS } from "../support/deliveries.ts";
import { OTHER_MASTER_KEY } from "../support/master-keys.ts";

const tickets = createLiveTickets(cipher, DEPLOYMENT_ID);
const TICKET = {
  namespace: "default",
  principal: "usr_1",
  credential: "ses_1",
  id: "t1",
  expMs: NOW_MS + 60_000,
};
const CLAIMS = {
  iss: DEPLOYMENT_ID,
  ns: "default",
  sub: "usr_1",
  cre: "ses_1",
  jti: "t1",
  exp: TICKET.expMs,
};

/** Signs anything under our own key. */
function sign(claims: unknown, typ = "lt+jwt"): string {
  const [head, payload] = [{ alg: "HS256", typ }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signed = `${head}.${payload}`;
  const key = cipher.derive("live-ticket");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("a ticket", () => {
  it("stands for one namespace until it ends", () => {
    const text = tickets.issue(TICKET);

    expect(tickets.verify(text, NOW_MS)).toEqual(TICKET);
    expect(tickets.verify(text, TICKET.expMs - 1)).not.toBeNull();
    expect(tickets.verify(text, TICKET.expMs)).toBeNull();
    expect(text).toBe(sign(CLAIMS));
  });

  it("is not accepted by another deployment, nor under another key", () => {
    const text = tickets.issue(TICKET);
    const stranger = createLiveTickets(createCipher(OTHER_MASTER_KEY), DEPLOYMENT_ID);

    expect(createLiveTickets(cipher, "dep_2").verify(text, NOW_MS)).toBeNull();
    expect(stranger.verify(text, NOW_MS)).toBeNull();
  });

  it("is refused when any character of it was changed, taken away or added", () => {
    const text = tickets.issue(TICKET);
    const changed = Array.from(text, (char, i) => [
      text.slice(0, i) + (char === "A" ? "B" : "A") + text.slice(i + 1),
      text.slice(0, i) + text.slice(i + 1),
      `${text.slice(0, i)}A${text.slice(i)}`,
    ]).flat();

    const accepted = changed.filter((each) => tickets.verify(each, NOW_MS) !== null);

    expect(accepted).toEqual([]);
  });

  it.each([
    ["nothing", ""],
    ["dots", ".."],
    ["a callback token", sign(CLAIMS, "cb+jwt")],
    ["without a namespace", sign({ ...CLAIMS, ns: null })],
    ["without an end", sign({ ...CLAIMS, exp: null })],
    ["without a name", sign({ ...CLAIMS, jti: 1 })],
    ["without a principal", sign({ ...CLAIMS, sub: [] })],
    ["without a word of what it ends with", sign({ ...CLAIMS, cre: undefined })],
    ["of another issuer", sign({ ...CLAIMS, iss: "dep_2" })],
    ["too long", sign({ ...CLAIMS, sub: "x".repeat(1_024) })],
  ])("is none: %s", (_, text) => {
    expect(tickets.verify(text, NOW_MS)).toBeNull();
  });
});
