import { nominalTimes, type Accounted } from "../ledger.ts";
import type { KillEvidence } from "./kill-evidence.ts";
import { TICKED } from "./kill-workflows.ts";
import { TICK_GRACE_MS, TICK_MS } from "./workflow-load.ts";

/** Each tick has one fate, and each that fired has one workflow run that succeeded. */
export function checkTicks(evidence: KillEvidence): void {
  const { anchorMs, createdMs, pausedMs, ledger } = evidence.all.ticks;
  const span = { anchorMs, everyMs: TICK_MS, fromMs: createdMs + 1, toMs: pausedMs };
  const nominal = new Set(nominalTimes(span));
  const fates = Map.groupBy(ledger, ({ nominalMs }) => nominalMs);
  for (const nominalMs of new Set([...nominal, ...fates.keys()])) {
    const count = fates.get(nominalMs)?.length ?? 0;
    const isRight = nominal.has(nominalMs) && count === 1;
    evidence.demand(isRight, `a tick is accounted for ${count} times`, timeText(nominalMs));
  }
  for (const tick of ledger) fate(evidence, tick);
  const fired = new Set(ledger.map(({ run }) => run));
  for (const { workflow, trigger, id } of evidence.all.full) {
    const isOfTick = workflow !== TICKED || fired.has(trigger.run ?? null);
    evidence.demand(isOfTick, "a workflow run of no tick", id);
  }
}

function fate(evidence: KillEvidence, tick: Accounted): void {
  const { nominalMs, disposition, run, plannedMs } = tick;
  evidence.count(`ticks ${disposition}`);
  const whose = `${timeText(nominalMs)} ${run ?? ""}`;
  if (disposition !== "fired") {
    const isLate = plannedMs - nominalMs > TICK_GRACE_MS;
    evidence.demand(isLate, `a tick is ${disposition} without a cause`, whose);
    return;
  }
  const [made, other] = evidence.startedBy(run ?? "");
  const isOne = made?.workflow === TICKED && other === undefined;
  evidence.demand(isOne, "a tick has not one workflow run", whose);
  const isWell = made?.state === "succeeded" && evidence.runs.get(run ?? "")?.state === "succeeded";
  evidence.demand(isWell, "what a tick started has not succeeded", whose);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
