import { useStrings, type Say } from "../../i18n/strings.ts";
import type { RunJson, WorkflowRunFullJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Card, Facts } from "../../kit/layout.tsx";
import { Status } from "../../kit/status.tsx";
import { instantText, Span, spanText, Time, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { runStrings } from "./run-strings.ts";
import { addressOf } from "./workflow-actions.ts";
import { tookMs } from "./workflow-run-strip.tsx";
import { Elapsed } from "./workflow-run-table.tsx";

const NAMED_MAX = 5;

interface HeadlineProps {
  readonly run: WorkflowRunFullJson;
  readonly onStep: (step: string) => void;
}

/** What became of a workflow run, or how it stands, in one sentence; then what it waits for, and its facts. */
export function RunHeadline({ run, onStep }: HeadlineProps) {
  const say = useStrings(runStrings);
  const zone = useZone();
  const isPaused = run.pausedAt !== null && run.endedAt === null;
  return (
    <Card>
      <p class="flex flex-wrap items-center gap-2 text-base" role="status">
        <Status state={run.state} />
        <span>
          <Sentence run={run} />
        </span>
      </p>
      {run.error !== null && (
        <p class="mt-2 rounded-md bg-bad-ground px-3 py-2 break-words whitespace-pre-wrap text-bad">
          {run.error.message}
          {run.error.code !== null && <code class="ml-2 text-xs">{run.error.code}</code>}
        </p>
      )}
      {run.cancelReason !== null && (
        <p class="mt-1 break-words">{say("pausedWhy", { reason: run.cancelReason })}</p>
      )}
      {isPaused && (
        <p class="mt-2 rounded-md bg-warn-ground px-3 py-2 break-words text-warn">
          {say("pausedSince", { at: instantText(run.pausedAt ?? "", zone) })}{" "}
          {run.pauseReason !== null && say("pausedWhy", { reason: run.pauseReason })}
        </p>
      )}
      <Awaited run={run} onStep={onStep} />
      <div class="mt-3">
        <RunFacts run={run} />
      </div>
    </Card>
  );
}

function Sentence({ run }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const nowMs = useNow();
  const since = Date.parse(run.startedAt ?? run.createdAt);
  const ms = tookMs(run) ?? Math.max(0, (run.endedAt === null ? nowMs : since) - since);
  return <>{sentenceOf(run, say, spanText(ms))}</>;
}

function sentenceOf(
  { state, workflow, counts }: WorkflowRunFullJson,
  say: Say<keyof typeof runStrings.en>,
  time: string,
): string {
  const { total, succeeded, skipped, failed, canceled } = counts;
  switch (state) {
    case "waiting":
      return say("isWaiting", { workflow });
    case "running":
      return say("isRunning", { time, total, done: succeeded + skipped + failed + canceled });
    case "ending":
      return say("isEnding");
    case "compensating":
      return say("isCompensating");
    case "succeeded":
      return say("isSucceeded", { time, total, succeeded, skipped });
    case "failed":
      return say("isFailed", { time });
    case "timed_out":
      return say("isTimedOut", { time });
    case "canceled":
      return say("isCanceled", { time });
    default:
      return state satisfies never;
  }
}

/** The steps that wait for a person or for an event: each leads to where it can be decided. */
function Awaited({ run, onStep }: HeadlineProps) {
  const say = useStrings(runStrings);
  if (run.endedAt !== null) return null;
  const waiting = run.graph.steps.filter(({ state }) => state === "waiting");
  const groups = [
    [say("waitsFor"), waiting.filter(({ kind }) => kind === "approval")],
    [say("listensFor"), waiting.filter(({ kind }) => kind === "waitFor")],
  ] as const;
  return (
    <>
      {groups.map(
        ([label, steps]) =>
          steps.length > 0 && (
            <p key={label} class="mt-2 flex flex-wrap items-center gap-2">
              {label}
              {steps.slice(0, NAMED_MAX).map(({ name }) => (
                <Button key={name} onClick={() => onStep(name)}>
                  {name}
                </Button>
              ))}
              {steps.length > NAMED_MAX && <span>+{steps.length - NAMED_MAX}</span>}
            </p>
          ),
      )}
    </>
  );
}

function RunFacts({ run }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const { workflow, workflowVersion: version, startedAt, endedAt } = run;
  const isGoing = startedAt !== null && endedAt === null;
  const took = isGoing ? <Elapsed since={startedAt} /> : <Span ms={tookMs(run)} />;
  const versions = `${addressOf(workflow)}?tab=versions`;
  return (
    <Facts
      items={[
        [
          say("workflow"),
          <span key="workflow">
            <TextLink href={addressOf(workflow)}>{workflow}</TextLink>{" "}
            <TextLink href={versions} class="text-xs">
              {say("version", { version })}
            </TextLink>
          </span>,
        ],
        [say("startedBy"), <StartedBy key="by" run={run} />],
        [say("created"), <Time key="created" at={run.createdAt} />],
        [say("began"), <Time key="began" at={startedAt} />],
        [say("ended"), <Time key="ended" at={endedAt} />],
        [say("duration"), took],
        ...(endedAt === null
          ? [[say("deadline"), <Time key="deadline" at={run.deadlineAt} as="relative" />] as const]
          : []),
        ...(run.revision > 1 ? [[say("revision"), run.revision] as const] : []),
        ...(run.nesting > 0
          ? [[say("nesting"), say("nestingDeep", { count: run.nesting })] as const]
          : []),
      ]}
    />
  );
}

function StartedBy({ run: { trigger } }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const { kind, run, event, origin } = trigger;
  if (kind === "run" && run !== undefined) return <StartingRun id={run} />;
  if (kind === "rerun" && origin !== undefined)
    return <TextLink href={`/workflow-runs/${origin}`}>{say("byRerun")}</TextLink>;
  return <>{kind === "event" ? say("byEvent", { event: event ?? "" }) : say("byApi")}</>;
}

/** The run whose target the workflow is: of a job, or of a step of another workflow run. */
function StartingRun({ id }: { readonly id: string }) {
  const say = useStrings(runStrings);
  const { data } = useApi<RunJson>(`/runs/${id}`);
  const step = data?.workflow ?? null;
  return (
    <span class="flex flex-col">
      {step === null && (
        <TextLink href={`/runs/${id}`}>
          {data === undefined ? say("byRun") : say("byJobRun", { job: data.job })}
        </TextLink>
      )}
      {data !== undefined && step !== null && (
        <TextLink
          href={`/workflow-runs/${step.run}?${new URLSearchParams({ step: step.step }).toString()}`}
        >
          {say("byStep", { step: step.step, workflow: data.job })}
        </TextLink>
      )}
    </span>
  );
}
