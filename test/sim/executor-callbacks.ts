import type { Json } from "../../src/core/json.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommands } from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import { keyOf } from "./executor-answers.ts";
import type { Scene } from "./scene.ts";

export type Callback = ShardCommands["run.callback"]["input"];

interface Accepted {
  readonly delivery: Delivery;
  readonly dice: Dice;
  readonly evidence: Evidence;
}

interface PlannedCallback {
  readonly afterMs: number;
  readonly callback: Callback;
}

/** How an executor that said 202 calls back: once, twice, too early, too late, in contradiction, or never. */
export function planCallbacks(scene: Scene, accepted: Accepted): readonly PlannedCallback[] {
  const { dice } = accepted;
  if (scene.isStormy && dice.chance(0.1)) {
    scene.reach("callback: never");
    return [];
  }
  const afterMs = callbackAfterMs(scene, accepted);
  const first = callbackOf(accepted, !scene.isStormy || dice.chance(0.75));
  const planned: PlannedCallback[] = [{ afterMs, callback: first }];
  if (dice.chance(0.3)) {
    scene.reach("callback: doubled");
    planned.push({ afterMs: afterMs + dice.int(0, 20_000), callback: first });
  }
  if (scene.isStormy && dice.chance(0.25)) {
    scene.reach("callback: contradictory");
    const callback = callbackOf(accepted, first.status === "failed");
    planned.push({ afterMs: afterMs + dice.int(0, 20_000), callback });
  }
  return planned;
}

function callbackAfterMs(scene: Scene, { dice, delivery }: Accepted): number {
  const { timeoutMs } = delivery;
  if (dice.chance(0.2)) {
    scene.reach("callback: before the 202");
    return 0;
  }
  if (scene.isStormy && dice.chance(0.15)) {
    scene.reach("callback: after the lease");
    return timeoutMs + dice.int(100, 60_000);
  }
  return dice.int(45, Math.max(46, Math.floor(timeoutMs * 0.9)));
}

function callbackOf({ delivery, dice, evidence }: Accepted, isSuccess: boolean): Callback {
  const { runId, attempt, send } = delivery;
  const result: Json = isSuccess ? { by: `${keyOf(delivery)} called back` } : null;
  if (isSuccess) evidence.saysSuccess(delivery, result);
  return {
    runId,
    attempt,
    status: isSuccess ? "succeeded" : "failed",
    result,
    resultTruncated: false,
    error: isSuccess ? null : { message: "It broke.", code: "broken" },
    retry: dice.chance(0.7),
    digest: `${attempt}.${send} ${isSuccess}`,
  };
}
