import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { BreakOff } from "../../src/ports/egress.ts";
import { aRequest, assertOk, plainOk, withSink, type EgressCase } from "./egress-case.ts";

function aBreakOff(): BreakOff & { readonly now: () => void } {
  return {
    isBroken: false,
    onBreak: null,
    now() {
      this.isBroken = true;
      this.onBreak?.();
    },
  };
}

/** A sender that does not want the answer any more. */
export const EGRESS_BREAK_OFF_CASES: readonly EgressCase[] = [
  {
    name: "a request that is broken off is answered at once, and its connection is closed",
    async run(create) {
      const breakOff = aBreakOff();
      const closed: Promise<unknown>[] = [];
      const hold = (socket: Socket): void => {
        closed.push(once(socket, "close"));
        breakOff.now();
      };
      await withSink(create, hold, async ({ egress, url }) => {
        const answer = await egress.send(aRequest(url), breakOff);
        assert.ok(!answer.ok);
        assert.equal(answer.reason, "cut");
        assert.equal(answer.delivered, true);
        assert.equal(closed.length, 1);
        await closed[0];
      });
    },
  },
  {
    name: "a request that is broken off before it leaves reaches nobody, and others go on",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink, url }) => {
        const breakOff = aBreakOff();
        const answering = egress.send(aRequest(url), breakOff);
        breakOff.now();
        const answer = await answering;
        assert.ok(!answer.ok);
        assert.equal(answer.delivered, false);
        assertOk(await egress.send(aRequest(url), aBreakOff()));
        assert.equal(sink.requests.length, 1);
      });
    },
  },
  {
    name: "a request that is broken off after its answer stays answered",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, url }) => {
        const breakOff = aBreakOff();
        assertOk(await egress.send(aRequest(url), breakOff));
        breakOff.now();
        assertOk(await egress.send(aRequest(url)));
      });
    },
  },
];
