import { useMemo, useState } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { fillOf, markOf, useStateName } from "../../kit/status.tsx";
import { instantText, spanText, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { runStrings } from "./run-strings.ts";
import type { GraphStepJson } from "./workflow-shapes.ts";

const ROWS = 200;
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
/** A bar is never thinner than this share of the whole, so that it can be seen. */
const WIDTH_MIN = 0.004;

interface GanttProps {
  readonly steps: readonly GraphStepJson[];
  readonly path: readonly string[];
  readonly selected: string | null;
  readonly onSelect: (step: string) => void;
}

interface Bar {
  readonly step: GraphStepJson;
  readonly fromMs: number;
  /** Null while it goes on. */
  readonly toMs: number | null;
}

/** The steps over time, one bar each, in the order of their start. */
export function Gantt({ steps, path, selected, onSelect }: GanttProps) {
  const say = useStrings(runStrings);
  const [count, setCount] = useState(ROWS);
  const bars = useMemo(() => barsOf(steps), [steps]);
  const onPath = useMemo(() => new Set(path), [path]);
  const { startMs, endMs } = useFrame(bars);
  const left = bars.length - count;
  if (bars.length === 0) return <p class="py-6 text-center text-muted">{say("notBegun")}</p>;
  return (
    <>
      <p class="mb-2 text-xs text-muted">{say("ganttAbout")}</p>
      <div class="overflow-x-auto">
        <ol class="min-w-[32rem]" aria-label={say("gantt")}>
          {bars.slice(0, count).map((bar) => (
            <Row
              key={bar.step.name}
              bar={bar}
              startMs={startMs}
              endMs={endMs}
              isOnPath={onPath.has(bar.step.name)}
              isSelected={bar.step.name === selected}
              onSelect={onSelect}
            />
          ))}
        </ol>
        <Axis startMs={startMs} endMs={endMs} />
      </div>
      {left > 0 && (
        <Button class="mt-2" onClick={() => setCount(count + ROWS)}>
          {say("moreRows", { count: left })}
        </Button>
      )}
    </>
  );
}

function barsOf(steps: readonly GraphStepJson[]): readonly Bar[] {
  return steps
    .flatMap((step): Bar[] => {
      const { startedAt, endedAt } = step;
      if (startedAt === null) return [];
      const toMs = endedAt === null ? null : Date.parse(endedAt);
      return [{ step, fromMs: Date.parse(startedAt), toMs }];
    })
    .toSorted((a, b) => a.fromMs - b.fromMs);
}

/** From the first start to the last end, or to now while something goes on. */
function useFrame(bars: readonly Bar[]): { readonly startMs: number; readonly endMs: number } {
  const nowMs = useNow();
  const startMs = bars[0]?.fromMs ?? nowMs;
  const endMs = bars.reduce((most, { toMs }) => Math.max(most, toMs ?? nowMs), startMs + 1);
  return { startMs, endMs };
}

interface RowProps {
  readonly bar: Bar;
  readonly startMs: number;
  readonly endMs: number;
  readonly isOnPath: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (step: string) => void;
}

function Row({ bar, startMs, endMs, isOnPath, isSelected, onSelect }: RowProps) {
  const say = useStrings(runStrings);
  const nameOf = useStateName();
  const zone = useZone();
  const { step, fromMs, toMs } = bar;
  const wholeMs = endMs - startMs;
  const tookMs = Math.max(0, (toMs ?? endMs) - fromMs);
  const width = Math.max(WIDTH_MIN, tookMs / wholeMs);
  const left = Math.min((fromMs - startMs) / wholeMs, 1 - WIDTH_MIN);
  const title = [
    `${step.name}: ${nameOf(step.state)}`,
    `${instantText(fromMs, zone)} + ${spanText(tookMs)}`,
    ...(isOnPath ? [say("critical")] : []),
  ].join("\n");
  return (
    <li>
      <button
        type="button"
        data-step={step.name}
        aria-pressed={isSelected}
        title={title}
        onClick={() => onSelect(step.name)}
        class={`grid w-full grid-cols-[9rem_1fr_4.5rem] items-center gap-2 rounded px-1 py-0.5 text-left hover:bg-hover ${isSelected ? "bg-accent-ground" : ""}`}
      >
        <span class="flex min-w-0 gap-1 text-xs">
          <span aria-hidden="true">{markOf(step.state)}</span>
          <span class="truncate">{step.name}</span>
          <span class="sr-only">{nameOf(step.state)}</span>
          {isOnPath && (
            <span class="text-accent">
              <span aria-hidden="true">◆</span>
              <span class="sr-only">{say("critical")}</span>
            </span>
          )}
        </span>
        <span class="relative block h-4 rounded bg-hover">
          <span
            class={`absolute inset-y-0 rounded-sm ${fillOf(step.state)} ${isOnPath ? "border-2 border-accent" : ""} ${toMs === null ? "animate-pulse" : ""}`}
            style={{ left: `${left * 100}%`, width: `${Math.min(width, 1 - left) * 100}%` }}
          />
        </span>
        <span class="text-right text-xs whitespace-nowrap tabular-nums">{spanText(tookMs)}</span>
      </button>
    </li>
  );
}

function Axis({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
  const zone = useZone();
  return (
    <div
      aria-hidden="true"
      class="grid min-w-[32rem] grid-cols-[9rem_1fr_4.5rem] gap-2 px-1 pt-1 text-xs text-muted"
    >
      <span>{zone}</span>
      <span class="flex justify-between border-t border-line pt-0.5 tabular-nums">
        {TICKS.map((share) => (
          <span key={share} title={instantText(startMs + share * (endMs - startMs), zone)}>
            {share === 0 ? "0" : `+${spanText(share * (endMs - startMs))}`}
          </span>
        ))}
      </span>
      <span />
    </div>
  );
}
