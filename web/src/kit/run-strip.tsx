import { Link } from "wouter";
import { useStrings } from "../i18n/strings.ts";
import { fillOf, markOf, toneOf, useStateName } from "./status.tsx";
import { kitStrings } from "./strings.ts";
import { instantText, spanText } from "./time.tsx";
import { useZone } from "../shell/zone.ts";

export interface StripRun {
  readonly id: string;
  readonly state: string;
  readonly at: string;
  readonly durationMs: number | null;
  readonly error: string | null;
}

/** The last runs of a job as small bars, the newest at the right; each is a link to its run. */
export function RunStrip(props: { readonly runs: readonly StripRun[]; readonly job: string }) {
  const say = useStrings(kitStrings);
  const nameOf = useStateName();
  const zone = useZone();
  if (props.runs.length === 0) return <span class="text-xs text-muted">{say("noRuns")}</span>;
  return (
    <span class="inline-flex items-end gap-px" role="group" aria-label={props.job}>
      {props.runs.toReversed().map((run) => {
        const isBad = toneOf(run.state) === "bad";
        const duration = run.durationMs === null ? "" : ` · ${spanText(run.durationMs)}`;
        const error = run.error === null ? "" : `\n${run.error}`;
        const title = `${nameOf(run.state)} · ${instantText(run.at, zone)}${duration}${error}`;
        return (
          <Link
            key={run.id}
            href={`/runs/${run.id}`}
            title={title}
            aria-label={title}
            class={`inline-block w-1.5 rounded-sm ${isBad ? "h-5" : "h-3.5"} ${fillOf(run.state)}`}
          >
            <span class="sr-only">{markOf(run.state)}</span>
          </Link>
        );
      })}
    </span>
  );
}
