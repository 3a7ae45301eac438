import type { RunJson } from "../../api/shapes.ts";
import { useStrings, type Say } from "../../i18n/strings.ts";
import { instantText, spanText, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { runStrings } from "./run-strings.ts";
import { clockText } from "./clock-text.ts";
import { durationMsOf, hasEnded, lagMsOf } from "./run-states.ts";

type SayRun = Say<keyof (typeof runStrings)["en"]>;

/** What happened to a run, in one sentence: its end, what answered, how long it took, when it was meant to be. */
export function RunSentence({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const zone = useZone();
  return (
    <p class="text-base break-words">
      <strong class="font-semibold">{endText(run, say)}</strong>
      {[answerText(run, say), startText(run, say, zone)].map(
        (part) => part !== null && <span key={part}> · {part}</span>,
      )}
      <Took run={run} />
    </p>
  );
}

function Took({ run }: { readonly run: RunJson }) {
  const ended = durationMsOf(run, 0);
  if (ended === null) return null;
  if (hasEnded(run.state)) return <span> · {spanText(ended)}</span>;
  return <SoFar run={run} />;
}

function SoFar({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  return <span> · {say("elapsed", { time: spanText(durationMsOf(run, useNow()) ?? 0) })}</span>;
}

function endText(run: RunJson, say: SayRun): string {
  const { state, attempt, attemptsMax: max, cancelReason } = run;
  if (run.cancelRequestedAt !== null && run.endedAt === null) return say("stopping");
  const texts: Readonly<Record<RunJson["state"], () => string>> = {
    waiting: () => say("waiting"),
    dispatching: () => say("dispatching"),
    running: () => say("running"),
    retrying: () => say("retrying", { attempt, max }),
    succeeded: () => (attempt > 1 ? say("succeededLater", { attempt, max }) : say("succeeded")),
    failed: () => failedText(run, "failed", say),
    timed_out: () => failedText(run, "timed_out", say),
    lost: () => failedText(run, "lost", say),
    canceled: () =>
      cancelReason === null ? say("canceled") : say("canceledWhy", { reason: cancelReason }),
  };
  return texts[state]();
}

function failedText(
  { attempt, shards }: RunJson,
  how: "failed" | "timed_out" | "lost",
  say: SayRun,
) {
  if (attempt > 0) return say(how, { count: attempt });
  return say(shards === null ? "failedUnsent" : "failedShards");
}

function answerText(run: RunJson, say: SayRun): string | null {
  const status = run.attempts.at(-1)?.status ?? null;
  const { node } = run;
  if (status === null) return node === null ? null : say("fromNode", { node });
  return node === null ? say("http", { status }) : say("httpFrom", { status, node });
}

function startText(run: RunJson, say: SayRun, zone: string): string {
  const planned = instantText(run.nominalAt, zone);
  const lagMs = lagMsOf(run);
  if (run.startedAt === null || lagMs === null) return say("plannedAt", { time: planned });
  const time = clockText(run.startedAt, zone);
  return say("startedAt", { planned, time, lag: spanText(Math.max(0, lagMs)) });
}
