import { Link } from "wouter";
import type { WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { fillOf, markOf, toneOf, useStateName } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { instantText, spanText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";

const SHOWN_MAX = 12;

/** The last runs of a workflow as small bars, the newest at the right; each is a link to its run. */
export function WorkflowRunStrip(props: {
  readonly runs: readonly WorkflowRunJson[];
  readonly label: string;
}) {
  const sayKit = useStrings(kitStrings);
  const nameOf = useStateName();
  const zone = useZone();
  if (props.runs.length === 0) return <span class="text-xs text-muted">{sayKit("noRuns")}</span>;
  return (
    <span class="inline-flex items-end gap-0.5" role="group" aria-label={props.label}>
      {props.runs
        .slice(0, SHOWN_MAX)
        .toReversed()
        .map((run) => {
          const took = tookMs(run);
          const parts = [
            nameOf(run.state),
            instantText(run.createdAt, zone),
            ...(took === null ? [] : [spanText(took)]),
          ];
          const title = `${parts.join(" · ")}${run.error === null ? "" : `\n${run.error.message}`}`;
          const height = toneOf(run.state) === "bad" ? "h-5" : "h-3.5";
          return (
            <Link
              key={run.id}
              href={`/workflow-runs/${run.id}`}
              title={title}
              aria-label={title}
              class={`inline-block w-2 rounded-sm ${height} ${fillOf(run.state)}`}
            >
              <span class="sr-only">{markOf(run.state)}</span>
            </Link>
          );
        })}
    </span>
  );
}

/** How long a run took; null while it goes on, or when it never began. */
export function tookMs({
  startedAt,
  endedAt,
}: Pick<WorkflowRunJson, "startedAt" | "endedAt">): number | null {
  if (startedAt === null || endedAt === null) return null;
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}
