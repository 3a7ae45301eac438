import { describe, expect, test } from "vitest";
import { KEEPER_T0, NODE_A, NODE_B, OWN, SECOND, TestKeeper } from "../support/a-keeper.ts";

const NO_FENCE = { ...OWN, ifVersions: null };

function rotate(keeper: TestKeeper): void {
  keeper.do("secret.rotate", { ...NO_FENCE, sealedSecret: "sealed-2" });
}

function useRefusal(keeper: TestKeeper, token = keeper.token()): string | undefined {
  return keeper.refusal("token.use", { token });
}

describe("the secrets of an executor", () => {
  test("are two at most, the older one first, and one at least", () => {
    const keeper = new TestKeeper();
    keeper.create();
    expect(keeper.refusal("secret.revoke", NO_FENCE)).toBe("secret.not_rotating");
    rotate(keeper);

    const third = { ...NO_FENCE, sealedSecret: "sealed-3" };
    expect(keeper.refusal("secret.rotate", third)).toBe("secret.rotating");
    expect(keeper.do("executor.secrets", {}).secrets.map(({ sealed }) => sealed)).toEqual([
      "sealed-1",
      "sealed-2",
    ]);
    expect(keeper.do("secret.revoke", NO_FENCE).executor.secrets).toMatchObject([
      { sealed: "sealed-2" },
    ]);
    expect(keeper.refusal("secret.revoke", NO_FENCE)).toBe("secret.not_rotating");
  });

  test("sign with the older one, except to nodes that have shown the newer", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.beat(NODE_A);
    keeper.beat(NODE_B);
    rotate(keeper);
    expect(keeper.copy(0).sealedSecrets).toEqual(["sealed-1", "sealed-2"]);
    const before = keeper.keeper.listVersion;
    keeper.beat(NODE_B, { token: keeper.token({ isNewest: true }) });

    expect(keeper.copiedNode(NODE_A)?.secret).toBe(0);
    expect(keeper.copiedNode(NODE_B)?.secret).toBe(1);
    expect(keeper.keeper.listVersion).toBeGreaterThan(before);
    keeper.do("secret.revoke", NO_FENCE);
    expect(keeper.copiedNode(NODE_B)?.secret).toBe(0);
    expect(keeper.copy(0).sealedSecrets).toEqual(["sealed-2"]);
  });

  test("that are revoked end at once, also for tokens that were signed before", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const [old, other] = [keeper.token(), keeper.token()];
    rotate(keeper);
    expect(useRefusal(keeper, old)).toBeUndefined();
    keeper.do("secret.revoke", NO_FENCE);

    expect(useRefusal(keeper, other)).toBe("token.invalid");
    expect(useRefusal(keeper)).toBeUndefined();
  });

  test("tell when they were last used", () => {
    const keeper = new TestKeeper();
    keeper.create();
    rotate(keeper);
    keeper.nowMs += SECOND;
    keeper.do("token.use", { token: keeper.token({ isNewest: true }) });

    const used = (): readonly (number | null)[] =>
      keeper.view.executor.secrets.map(({ lastUsedMs }) => lastUsedMs);
    expect(used()).toEqual([null, keeper.nowMs]);
    keeper.nowMs += 10 * SECOND;
    keeper.keeper.tick(keeper.nowMs);
    keeper.restart();
    expect(used()).toEqual([null, keeper.nowMs - 10 * SECOND]);
  });
});

describe("a token", () => {
  test("is used once, for whichever call", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const token = keeper.token();
    expect(keeper.do("token.use", { token })).toEqual(OWN);

    expect(useRefusal(keeper, token)).toBe("token.invalid");
    expect(keeper.refusal("node.beat", keeper.beatInput(NODE_A, { token }))).toBe("token.invalid");
    expect(keeper.refusal("node.leave", { token, address: NODE_A })).toBe("token.invalid");
    expect(keeper.view.nodes).toEqual([]);
  });

  test("is used up by a beat and by a leave as well", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const [beaten, left] = [keeper.token(), keeper.token()];
    keeper.beat(NODE_A, { token: beaten });
    keeper.do("node.leave", { token: left, address: NODE_B });

    expect(useRefusal(keeper, beaten)).toBe("token.invalid");
    expect(useRefusal(keeper, left)).toBe("token.invalid");
  });

  test("is remembered until nobody accepts it any more, also when the clock then steps back", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const token = keeper.token({ expMs: keeper.nowMs + 20 * SECOND });
    expect(useRefusal(keeper, token)).toBeUndefined();
    for (const second of [49, 50, 51, 55]) {
      keeper.nowMs = KEEPER_T0 + second * SECOND;
      // Another token makes the keeper store, and forget, what it has.
      expect(useRefusal(keeper)).toBeUndefined();
      expect(useRefusal(keeper, token)).toBe("token.invalid");
    }
    keeper.nowMs -= 20 * SECOND;

    expect(useRefusal(keeper, token)).toBe("token.invalid");
  });

  test("that has not ended is taken, however far the clock stepped back", () => {
    const keeper = new TestKeeper();
    keeper.create();
    expect(useRefusal(keeper)).toBeUndefined();
    keeper.nowMs += 3_600 * SECOND;
    expect(useRefusal(keeper)).toBeUndefined();
    keeper.nowMs -= 3_600 * SECOND;

    expect(useRefusal(keeper)).toBeUndefined();
  });

  test("is remembered across a crash once signs of life were stored", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const token = keeper.token();
    keeper.do("token.use", { token });
    keeper.nowMs += 5 * SECOND;
    keeper.keeper.tick(keeper.nowMs);
    keeper.restart();

    expect(useRefusal(keeper, token)).toBe("token.invalid");
  });

  test("finds room among ten thousand, and the next one when the first has ended", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const expMs = keeper.nowMs + 60 * SECOND;
    for (let i = 0; i < 10_000; i++)
      keeper.do("token.use", { token: keeper.token({ expMs: expMs + (i === 0 ? 0 : 1_000) }) });
    const at = { nowMs: keeper.nowMs, idempotency: null };
    const late = keeper.token({ expMs: expMs + 60 * SECOND });
    const reply = keeper.keeper.command("token.use", { token: late }, at);

    expect(reply).toMatchObject({
      ok: false,
      refusal: { code: "rate.limited", retryAfterMs: 90 * SECOND },
    });
    keeper.nowMs += 90 * SECOND;
    expect(useRefusal(keeper, late)).toBeUndefined();
  });

  test("whose call is refused for another reason may be used again", () => {
    const keeper = new TestKeeper();
    keeper.create({ registration: "manual" });
    const token = keeper.token();
    expect(keeper.refusal("node.beat", keeper.beatInput(NODE_A, { token }))).toBe(
      "node.not_listed",
    );

    expect(useRefusal(keeper, token)).toBeUndefined();
  });
});
