import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { markOf } from "../../kit/status.tsx";
import { spanText, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { AttemptsTable } from "./attempts-table.tsx";
import { waterfallOf, type AttemptBar, type Waterfall } from "./attempt-bars.ts";
import { fillOfPart, usePartName } from "./part-name.ts";
import { clockText } from "./clock-text.ts";
import { hasEnded } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

/** The attempts of a run as bars on one axis, and as a table with the same. */
export function RunTimeline({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  return (
    <Card title={say("timeline")}>
      {run.attempts.length === 0 ? (
        <p class="text-muted">{say(run.shards === null ? "timelineEmpty" : "timelineSharded")}</p>
      ) : hasEnded(run.state) ? (
        <Shown run={run} nowMs={0} />
      ) : (
        <Ticking run={run} />
      )}
    </Card>
  );
}

function Ticking({ run }: { readonly run: RunJson }) {
  return <Shown run={run} nowMs={useNow()} />;
}

function Shown({ run, nowMs }: { readonly run: RunJson; readonly nowMs: number }) {
  const fall = waterfallOf(run, nowMs);
  return (
    <>
      <Bars run={run} fall={fall} />
      <AttemptsTable fall={fall} />
    </>
  );
}

/** Only to be seen: the table below says the same to everybody. */
function Bars({ run, fall }: { readonly run: RunJson; readonly fall: Waterfall }) {
  const say = useStrings(runStrings);
  const nameOf = usePartName();
  const zone = useZone();
  const names = [...new Set(fall.bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const end = hasEnded(run.state) ? `+${spanText(fall.spanMs)}` : say("axisNow");
  return (
    <div aria-hidden="true" class="mb-4">
      <div class="mb-1 flex justify-between gap-2 pl-10 text-xs text-muted tabular-nums">
        <span>
          {say("axisPlanned")} {clockText(fall.startMs, zone)}
        </span>
        <span>{end}</span>
      </div>
      {fall.bars.map((bar) => (
        <Bar key={`${bar.attempt.attempt}.${bar.attempt.send}`} bar={bar} spanMs={fall.spanMs} />
      ))}
      <div class="mt-2 flex flex-wrap gap-x-4 gap-y-1 pl-10 text-xs text-muted">
        {names.map((name) => (
          <span key={name} class="inline-flex items-center gap-1.5">
            <span class={`inline-block h-2.5 w-2.5 rounded-sm ${fillOfPart(name)}`} />
            {nameOf(name)}
          </span>
        ))}
      </div>
    </div>
  );
}

const HUNDRED = 100;

function Bar({ bar, spanMs }: { readonly bar: AttemptBar; readonly spanMs: number }) {
  const nameOf = usePartName();
  const { attempt, parts } = bar;
  return (
    <div class="flex items-center gap-2 py-0.5">
      <span class="w-8 shrink-0 text-right text-xs text-muted tabular-nums">
        {markOf(attempt.outcome)} {attempt.attempt}
      </span>
      <div class="relative h-4 min-w-0 flex-1 overflow-hidden rounded-sm bg-hover">
        {parts.map(({ name, fromMs, toMs }) => (
          <span
            key={name}
            title={`${nameOf(name)}: ${spanText(toMs - fromMs)}`}
            class={`absolute inset-y-0 min-w-0.5 ${fillOfPart(name)}`}
            style={{
              left: `min(${(fromMs / spanMs) * HUNDRED}%, calc(100% - 2px))`,
              width: `${((toMs - fromMs) / spanMs) * HUNDRED}%`,
            }}
          />
        ))}
      </div>
    </div>
  );
}
