import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommands } from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import { sayFor } from "./executor-answers.ts";
import type { Scene } from "./scene.ts";

const HOUR_MS = 3_600_000;

export type Callback = ShardCommands["run.callback"]["input"];

export interface Accepted {
  readonly delivery: Delivery;
  readonly dice: Dice;
  readonly evidence: Evidence;
}

interface PlannedCallback {
  readonly afterMs: number;
  /** Made when its time has come: before that nobody has said anything. */
  readonly callback: () => Callback;
}

/** How an executor that said 202 calls back: once, twice, too early, too late, in contradiction, or never. */
export function planCallbacks(
  scene: Scene,
  accepted: Accepted,
  longerMs: number,
): readonly PlannedCallback[] {
  const { dice } = accepted;
  if (scene.isStormy && dice.chance(0.1)) {
    scene.reach("callback: never");
    return [];
  }
  const afterMs = longerMs + callbackAfterMs(scene, accepted);
  const isSuccess = !scene.isStormy || dice.chance(0.75);
  const first = once(() => callbackOf(accepted, isSuccess));
  const planned: PlannedCallback[] = [{ afterMs, callback: first }];
  if (dice.chance(0.3)) {
    scene.reach("callback: doubled");
    planned.push({ afterMs: afterMs + dice.int(0, 20_000), callback: first });
  }
  if (scene.isStormy && dice.chance(0.25)) {
    scene.reach("callback: contradictory");
    const callback = (): Callback => callbackOf(accepted, !isSuccess);
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
  // Once the world has healed, it is to come to rest.
  const longestMs = scene.isStormy ? Number.POSITIVE_INFINITY : HOUR_MS;
  return dice.int(45, Math.max(46, Math.min(longestMs, Math.floor(timeoutMs * 0.9))));
}

/** A repetition is the same. */
function once(make: () => Callback): () => Callback {
  let made: Callback | undefined;
  return () => (made ??= make());
}

/** The handler has stopped as it was asked to. */
export function stoppedCallback({ delivery, evidence }: Accepted): Callback {
  const { runId, attempt, send } = delivery;
  evidence.saysStopped(delivery);
  const nothing = { result: null, resultTruncated: false, context: null, error: null, retry: true };
  return { runId, attempt, ...nothing, status: "canceled", digest: `${attempt}.${send} stopped` };
}

export function callbackOf({ delivery, dice, evidence }: Accepted, isSuccess: boolean): Callback {
  const { runId, attempt, send } = delivery;
  const nothing = { result: null, context: null };
  const { result, context } = isSuccess ? sayFor(delivery, dice, " called back") : nothing;
  if (isSuccess) evidence.saysSuccess(delivery, result);
  return {
    runId,
    attempt,
    status: isSuccess ? "succeeded" : "failed",
    result,
    resultTruncated: false,
    context,
    error: isSuccess ? null : { message: "It broke.", code: "broken" },
    retry: dice.chance(0.7),
    digest: `${attempt}.${send} ${isSuccess}`,
  };
}
