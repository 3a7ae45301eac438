import { useState } from "preact/compat";
import { useApi } from "../../api/use-api.ts";
import type { WorkflowRunFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Facts } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { Span, Time } from "../../kit/time.tsx";
import { useMay } from "../../shell/me.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { shownState } from "./graph-model.ts";
import { graphStrings, kindKey } from "./graph-strings.ts";
import { useStepActions } from "./run-actions.ts";
import { runStrings } from "./run-strings.ts";
import { ShownJson } from "./shown-json.tsx";
import { SidePanel } from "./side-panel.tsx";
import { ChildRuns } from "./step-children.tsx";
import { StepParts } from "./step-parts.tsx";
import type { GraphStepJson, StepFullJson } from "./workflow-shapes.ts";

/** States that say the same as their reason. */
const IS_SAID: ReadonlySet<string> = new Set(["approving", "sleeping"]);

interface StepPanelProps {
  readonly run: WorkflowRunFullJson;
  readonly step: GraphStepJson;
  readonly onClose: () => void;
}

/** Everything about one step of a workflow run, and what can be done to it. */
export function StepPanel({ run, step, onClose }: StepPanelProps) {
  const say = useStrings(graphStrings);
  const path = stepPath(run.id, step.name);
  const read = useApi<StepFullJson>(`${path}?limit=1`, { topics: [`workflow-run:${run.id}`] });
  return (
    <SidePanel
      title={step.name}
      beside={
        <span class="mt-0.5 flex flex-wrap items-center gap-2">
          <Status state={shownState(step.kind, step.state)} />
          <span class="text-xs text-muted">{say(kindKey(step.kind))}</span>
        </span>
      }
      onClose={onClose}
    >
      <div class="flex flex-col gap-4">
        <StepControls run={run} step={step} />
        <StepHead step={step} />
        <Loaded of={read}>{(full) => <StepDetails run={run} step={step} full={full} />}</Loaded>
      </div>
    </SidePanel>
  );
}

export function stepPath(run: string, step: string): string {
  return `/workflow-runs/${run}/steps/${encodeURIComponent(step)}`;
}

function StepControls({ run, step }: Pick<StepPanelProps, "run" | "step">) {
  const say = useStrings(runStrings);
  const [action, setAction] = useState<Action<WorkflowRunJson> | null>(null);
  const acts = useStepActions(run.id, step.name);
  if (!useMay("operator")) return null;
  const isEnded = ["succeeded", "failed", "skipped", "canceled"].includes(step.state);
  const isOpen = run.endedAt === null && !isEnded;
  const isDecidable = isOpen && step.kind === "approval" && step.state === "waiting";
  const offered = [
    ...(isDecidable ? (["approve", "reject"] as const) : []),
    ...(isOpen ? (["skip", "succeed"] as const) : []),
    ...(isEnded ? (["retry"] as const) : []),
  ];
  if (offered.length === 0) return null;
  return (
    <div class="flex flex-wrap gap-2">
      {offered.map((key) => (
        <Button
          key={key}
          look={key === "approve" ? "primary" : key === "reject" ? "danger" : "plain"}
          onClick={() => setAction(acts[key])}
        >
          {say(key === "retry" ? "retryFrom" : key)}
        </Button>
      ))}
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </div>
  );
}

function StepHead({ step }: { readonly step: GraphStepJson }) {
  const say = useStrings(runStrings);
  const { startedAt, endedAt, durationMs, dueAt, revision, error, reason } = step;
  return (
    <>
      {error !== null && (
        <p class="rounded-md bg-bad-ground px-3 py-2 break-words whitespace-pre-wrap text-bad">
          {error.message}
          {error.code !== null && <code class="ml-2 text-xs">{error.code}</code>}
        </p>
      )}
      {reason !== null && !IS_SAID.has(shownState(step.kind, step.state)) && (
        <p class="break-words text-muted">{reason}</p>
      )}
      <Facts
        items={[
          [say("began"), <Time key="began" at={startedAt} />],
          [say("ended"), <Time key="ended" at={endedAt} />],
          [say("duration"), <Span key="took" ms={durationMs} />],
          ...(dueAt === null
            ? []
            : [[say("dueUntil"), <Time key="due" at={dueAt} as="relative" />] as const]),
          [say("revision"), revision],
        ]}
      />
    </>
  );
}

function StepDetails(props: {
  readonly run: WorkflowRunFullJson;
  readonly step: GraphStepJson;
  readonly full: StepFullJson;
}) {
  const say = useStrings(runStrings);
  const { run, step, full } = props;
  const hasParts = full.parts.total > 0;
  return (
    <>
      {full.decision !== null && <Decision decision={full.decision} />}
      {full.compensation !== null && <Compensation of={full.compensation} />}
      {!hasParts && (
        <ShownJson
          title={say("input")}
          of={step.name}
          value={full.input}
          isCut={full.inputCut}
          isOpen={false}
        />
      )}
      <ShownJson
        title={say("output")}
        of={step.name}
        value={full.output}
        isCut={full.outputCut}
        isOpen
      />
      {!hasParts && full.runs.length > 0 && <RunLinks ids={full.runs} />}
      {(step.kind === "workflow" || step.kind === "map") && <ChildRuns run={run} step={step} />}
      {hasParts && <StepParts path={stepPath(run.id, step.name)} run={run.id} parts={full.parts} />}
      <StepRevisions revisions={run.revisions.filter((one) => one.step === step.name)} />
    </>
  );
}

function Compensation({ of }: { readonly of: NonNullable<StepFullJson["compensation"]> }) {
  const say = useStrings(runStrings);
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">{say("compensation")}</h3>
      <Status state={of.state} />
      {of.error !== null && <p class="mt-1 break-words text-bad">{of.error.message}</p>}
    </section>
  );
}

function RunLinks({ ids }: { readonly ids: readonly string[] }) {
  const say = useStrings(runStrings);
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">{say("runs")}</h3>
      <ul>
        {ids.map((id) => (
          <li key={id}>
            <TextLink href={`/runs/${id}`} class="font-mono text-xs break-all">
              {id}
            </TextLink>
          </li>
        ))}
      </ul>
    </section>
  );
}

function StepRevisions({ revisions }: { readonly revisions: WorkflowRunFullJson["revisions"] }) {
  const say = useStrings(runStrings);
  if (revisions.length === 0) return null;
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">{say("revisions")}</h3>
      <ul>
        {revisions.map(({ revision, at, action, by }) => (
          <li key={revision}>
            {revision}. {say(ACTS[action])} · {by ?? "–"} · <Time at={at} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What people can do to a step, by the key of its name in the texts. */
export const ACTS = {
  approve: "actApprove",
  reject: "actReject",
  skip: "actSkip",
  succeed: "actSucceed",
  retry: "actRetry",
} as const;

function Decision({ decision }: { readonly decision: NonNullable<StepFullJson["decision"]> }) {
  const say = useStrings(runStrings);
  const { action, by, note, at } = decision;
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">{say("decision")}</h3>
      <p>
        {say("decidedBy", { action: say(ACTS[action]), by: by ?? "–" })} · <Time at={at} />
      </p>
      {note !== null && <p class="break-words whitespace-pre-wrap">“{note}”</p>}
    </section>
  );
}
