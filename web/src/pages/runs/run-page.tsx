import { useParams } from "wouter";
import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { LogViewer } from "./log-viewer.tsx";
import { RunActions } from "./run-actions.tsx";
import { RunData } from "./run-data.tsx";
import { RunErrorText } from "./run-error.tsx";
import { RunFacts } from "./run-facts.tsx";
import { runNameOf } from "./run-name.tsx";
import { RunNeighbours, useBackToList } from "./run-neighbours.tsx";
import { RunProgress } from "./run-progress.tsx";
import { RunSentence } from "./run-sentence.tsx";
import { RunShards } from "./run-shards.tsx";
import { hasEnded } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";
import { RunTimeline } from "./run-timeline.tsx";
import { RunWaiting } from "./run-waiting.tsx";
import { useRun } from "./use-run.ts";

/** One run: what happened, why, what it wrote, and what can be done about it. */
export function RunPage() {
  const { run: id = "" } = useParams<{ readonly run?: string }>();
  return <OneRun key={id} id={id} />;
}

function OneRun({ id }: { readonly id: string }) {
  const say = useStrings(runStrings);
  const read = useRun(id);
  const back = useBackToList();
  const run = read.data;
  return (
    <Page
      title={run === undefined ? id : say("title", { name: runNameOf(run) })}
      path={[{ label: say("runs"), href: back }]}
      beside={run === undefined ? null : <Status state={run.state} />}
      actions={
        <>
          {run !== undefined && <RunActions run={run} />}
          <RunNeighbours id={id} />
        </>
      }
    >
      <Loaded of={read} lines={8}>
        {(shown) => <Shown run={shown} />}
      </Loaded>
    </Page>
  );
}

function Shown({ run }: { readonly run: RunJson }) {
  const isUnderWay = run.state === "running" || run.state === "dispatching";
  return (
    <>
      <Card class="mb-3">
        <RunSentence run={run} />
        <RunErrorText run={run} />
      </Card>
      {(isUnderWay || (run.progress !== null && !hasEnded(run.state))) && <RunProgress run={run} />}
      <RunWaiting run={run} />
      <div class="grid grid-cols-1 gap-3 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div class="grid min-w-0 content-start gap-3">
          <RunTimeline run={run} />
          {run.shards !== null && <RunShards run={run} />}
          <LogViewer run={run} />
        </div>
        <div class="grid min-w-0 content-start gap-3">
          <RunData run={run} />
          <RunFacts run={run} />
        </div>
      </div>
    </>
  );
}
