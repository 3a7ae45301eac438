import type { ExplanationJson, RunJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useStrings, type Say } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { instantText, spanText, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { hasEnded, lagMsOf } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

const LATE_MS = 1_000;

/** Why a run is not done yet, or why it came late, in words. */
export function RunWaiting({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const isOpen = !hasEnded(run.state);
  const isLate = (lagMsOf(run) ?? 0) > LATE_MS;
  if (!isOpen && !isLate) return null;
  return (
    <Card title={say(isOpen ? "whyTitle" : "why")} class="mb-3">
      {isOpen && <Waiting run={run} />}
      <Explained run={run} isAlone={!isOpen} />
    </Card>
  );
}

function Waiting({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const zone = useZone();
  return <p>{waitText(run, say, { zone, nowMs: useNow() })}</p>;
}

interface Here {
  readonly zone: string;
  readonly nowMs: number;
}

function waitText(run: RunJson, say: Say<keyof (typeof runStrings)["en"]>, here: Here): string {
  const { state, attempt, attemptsMax, nominalAt, dueAt, cancelRequestedAt } = run;
  const time = (at: string | null): string => (at === null ? "–" : instantText(at, here.zone));
  const leftMs = (at: string | null): number => (at === null ? 0 : Date.parse(at) - here.nowMs);
  const left = (at: string | null): string =>
    leftMs(at) <= 0
      ? say("soon")
      : say("in", { time: spanText(Math.ceil(leftMs(at) / 1e3) * 1e3) });
  if (cancelRequestedAt !== null) return say("whyStopping", { time: time(cancelRequestedAt) });
  const due = { time: time(dueAt), in: left(dueAt) };
  if (state === "waiting")
    return leftMs(nominalAt) > 0
      ? say("whyPlanned", { time: time(nominalAt), in: left(nominalAt) })
      : say("whyWaiting", due);
  if (state === "dispatching") return say("whyDispatching", due);
  if (state === "running") return say(run.shards === null ? "whyRunning" : "whySharded", due);
  const isResend = run.attempts.at(-1)?.outcome === "in_flight";
  if (isResend) return say("whyResend", due);
  return say("whyRetrying", { ...due, attempt: attempt + 1, max: attemptsMax });
}

/** What the schedule has to say to it, of a run that a tick made. */
function Explained({ run, isAlone }: { readonly run: RunJson; readonly isAlone: boolean }) {
  const language = useLanguage();
  const tick = run.trigger.kind === "tick" ? run.nominalAt : null;
  const job = encodeURIComponent(run.jobId);
  const read = useApi<ExplanationJson>(
    tick === null ? null : `/jobs/${job}/ticks/${encodeURIComponent(tick)}/explain`,
  );
  // It only adds to what stands here: where it cannot be had, nothing is missing.
  if (read.data === undefined) return isAlone ? <p class="text-muted">–</p> : null;
  return <p class="mt-1 text-muted">{read.data.words[language]}</p>;
}
