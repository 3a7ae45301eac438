import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Status } from "../../kit/status.tsx";
import type { Column } from "../../kit/table.tsx";
import { Span, Time, useNow } from "../../kit/time.tsx";
import { NodeText } from "./node-text.tsx";
import { RunName, runNameOf, RunTrigger } from "./run-name.tsx";
import { durationMsOf, hasEnded, lagMsOf } from "./run-states.ts";
import { runsStrings } from "./strings.ts";

/** The columns of a list of runs. */
export function useRunColumns(isDense: boolean): readonly Column<RunJson>[] {
  const say = useStrings(runsStrings);
  return [
    { key: "state", title: say("state"), cell: (run) => <StateLink run={run} /> },
    {
      key: "job",
      title: say("jobOrStep"),
      cell: (run) => (
        <div class={isDense ? "flex max-w-xl items-baseline gap-2" : "max-w-xl min-w-40"}>
          <RunName run={run} />
          <ErrorText run={run} isDense={isDense} />
        </div>
      ),
    },
    {
      key: "trigger",
      title: say("trigger"),
      isWideOnly: true,
      cell: (run) => <RunTrigger run={run} />,
    },
    { key: "planned", title: say("planned"), cell: (run) => <Time at={run.nominalAt} /> },
    {
      key: "lag",
      title: say("lag"),
      isNumber: true,
      isWideOnly: true,
      cell: (run) => <Span ms={lagMsOf(run)} />,
    },
    {
      key: "duration",
      title: say("duration"),
      isNumber: true,
      cell: (run) =>
        hasEnded(run.state) ? <Span ms={durationMsOf(run, 0)} /> : <SoFar run={run} />,
    },
    {
      key: "attempts",
      title: say("attempts"),
      isNumber: true,
      isWideOnly: true,
      cell: (run) => (
        <span class="tabular-nums whitespace-nowrap">
          {say("attemptOf", { attempt: run.attempt, max: run.attemptsMax })}
        </span>
      ),
    },
    {
      key: "node",
      title: say("node"),
      isWideOnly: true,
      cell: (run) => <NodeText node={run.node} />,
    },
  ];
}

function StateLink({ run }: { readonly run: RunJson }) {
  return (
    <TextLink href={`/runs/${run.id}`}>
      <Status state={run.state} />
      <span class="sr-only"> {runNameOf(run)}</span>
    </TextLink>
  );
}

/** The error of a run on as little room as the row has; the title has all of it. */
function ErrorText(props: { readonly run: RunJson; readonly isDense: boolean }) {
  const { run, isDense } = props;
  const text = run.error?.message ?? (run.state === "canceled" ? run.cancelReason : null);
  if (text === null) return null;
  const isBad = run.error !== null && run.state !== "canceled";
  return (
    <span
      title={text}
      class={`text-xs ${isBad ? "text-bad" : "text-muted"} ${isDense ? "min-w-0 flex-1 truncate" : "line-clamp-2 break-all"}`}
    >
      {text}
    </span>
  );
}

function SoFar({ run }: { readonly run: RunJson }) {
  return (
    <span class="text-busy">
      <Span ms={durationMsOf(run, useNow())} />
    </span>
  );
}
