import {
  ROUTE_POLICIES,
  type ShardingSpec,
  type SuccessRule,
  type TargetSpec,
} from "../../src/core/job.ts";
import type { Dice } from "../support/prng.ts";

export function drawTarget(dice: Dice): TargetSpec {
  return dice.chance(0.45) ? drawExecutor(dice) : drawWebhook(dice);
}

function drawWebhook(dice: Dice): TargetSpec {
  return {
    kind: "webhook",
    url: `https://hooks${dice.pick(["", "", "2"])}.example.com/run`,
    method: "POST",
    headers: {},
    body: null,
    mode: dice.pick(["async", "sync"]),
  };
}

function drawExecutor(dice: Dice): TargetSpec {
  const executor = dice.pick(["billing", "billing", "billing", "mailing", "mailing", "nobody"]);
  const [first, second] = [`node_${executor}_1`, `https://${executor}-2.example`];
  return {
    kind: "executor",
    executor,
    handler: "report",
    route: dice.pick(ROUTE_POLICIES),
    // The last of them cannot be evaluated.
    hashKey: dice.pick([null, null, "params.n", 'job + "!"', "nominalAt", "params.nothing"]),
    node: dice.chance(0.15)
      ? dice.pick<string | readonly string[]>([first, [first, second]])
      : null,
    tags: dice.chance(0.15) ? ["even"] : [],
    onNodeLost: dice.pick(["resend", "resend", "fail", "wait"]),
  };
}

export function drawSharding(dice: Dice): ShardingSpec | null {
  if (!dice.chance(0.35)) return null;
  const success = drawRule(dice);
  return dice.pick<ShardingSpec>([
    { mode: "items", items: drawItems(dice), by: dice.pick(["weight", "even"]), success },
    { mode: "count", total: dice.int(1, 6), success },
    { mode: "broadcast", success },
  ]);
}

function drawRule(dice: Dice): SuccessRule {
  return dice.pick<SuccessRule>([
    { mode: "all" },
    { mode: "any" },
    { mode: "count", count: dice.int(1, 4) },
  ]);
}

function drawItems(dice: Dice): readonly string[] {
  return Array.from({ length: dice.int(1, 30) }, (_, i) => `item ${i}`);
}
