import { useLocation } from "wouter";
import { durationMs } from "../../../../src/core/duration.ts";
import { useStrings } from "../../i18n/strings.ts";
import { toneOf, useStateName } from "../../kit/status.tsx";
import { instantText, spanText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { jobStrings } from "./job-strings.ts";
import type { JobStat } from "./use-job-stats.ts";

const SIZE = { width: 600, height: 150, left: 80, bottom: 8, top: 12 } as const;
const FILL = {
  ok: "fill-ok-fill",
  bad: "fill-bad-fill",
  warn: "fill-warn-fill",
  busy: "fill-busy-fill",
  idle: "fill-idle-fill",
} as const;
/** A timeout far above every run would make them all flat: then the line is told and not drawn. */
const LINE_ABOVE_MAX = 8;

/** How long the last runs took, the newest at the right, with the timeout as a line. */
export function DurationChart(props: { readonly runs: JobStat["runs"]; readonly timeout: string }) {
  const say = useStrings(jobStrings);
  const nameOf = useStateName();
  const zone = useZone();
  const [, navigate] = useLocation();
  const runs = props.runs.filter(({ durationMs: ms }) => ms !== null).toReversed();
  if (runs.length === 0) return <p class="text-muted">{say("noDurations")}</p>;
  const longest = Math.max(1, ...runs.map(({ durationMs: ms }) => ms ?? 0));
  const limitMs = durationMs(props.timeout) ?? Infinity;
  const hasLine = limitMs <= longest * LINE_ABOVE_MAX;
  const top = hasLine ? Math.max(longest, limitMs) : longest;
  const yOf = (ms: number): number =>
    SIZE.top + (SIZE.height - SIZE.top - SIZE.bottom) * (1 - ms / top);
  const step = (SIZE.width - SIZE.left) / Math.max(20, runs.length);
  return (
    <figure class="min-w-0">
      <svg
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        role="group"
        aria-label={say("durations")}
        class="h-auto w-full max-w-3xl"
      >
        <Axis y={yOf(longest)} text={spanText(longest)} />
        <Axis y={yOf(0)} text="0" />
        {runs.map((run, i) => {
          const ms = run.durationMs ?? 0;
          const y = Math.min(yOf(ms), yOf(0) - 2);
          const text = `${nameOf(run.state)} · ${spanText(ms)} · ${instantText(run.at, zone)}`;
          return (
            <a
              key={run.id}
              href={`/runs/${run.id}`}
              aria-label={text}
              onClick={(event) => {
                event.preventDefault();
                navigate(`/runs/${run.id}`);
              }}
            >
              <title>{text}</title>
              <rect
                x={SIZE.left + i * step + 2}
                y={y}
                width={step - 4}
                height={yOf(0) - y}
                class={FILL[toneOf(run.state)]}
              />
            </a>
          );
        })}
        {hasLine && <Axis y={yOf(limitMs)} text={props.timeout} isLimit />}
      </svg>
      <figcaption class="text-xs text-muted">
        {say(hasLine ? "timeoutLine" : "timeoutFar", { timeout: props.timeout })}
      </figcaption>
    </figure>
  );
}

function Axis(props: { readonly y: number; readonly text: string; readonly isLimit?: boolean }) {
  const isLimit = props.isLimit === true;
  return (
    <g aria-hidden="true">
      <line
        x1={SIZE.left}
        x2={SIZE.width}
        y1={props.y}
        y2={props.y}
        stroke-dasharray={isLimit ? "6 4" : "none"}
        class={isLimit ? "stroke-bad" : "stroke-line"}
      />
      <text
        x={SIZE.left - 6}
        y={props.y + 4}
        text-anchor="end"
        font-size="12"
        class={isLimit ? "fill-bad" : "fill-muted"}
      >
        {props.text}
      </text>
    </g>
  );
}
