import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { runsStrings } from "./strings.ts";

/** The name of what a run did, as text: its job, or the step of its workflow. */
export function runNameOf({ job, workflow }: RunJson): string {
  return workflow === null ? job : `${job} › ${workflow.step}`;
}

/** The same as a link to the job, or to the workflow run; with the shard or item that it was. */
export function RunName({ run }: { readonly run: RunJson }) {
  const say = useStrings(runsStrings);
  const { workflow, shard } = run;
  const href =
    workflow === null
      ? `/jobs/${encodeURIComponent(run.job)}`
      : `/workflow-runs/${encodeURIComponent(workflow.run)}`;
  const beside = [
    shard === null ? "" : say("shardOf", { index: shard.index + 1, total: shard.total }),
    workflow === null || workflow.part === null ? "" : say("part", { part: workflow.part + 1 }),
    workflow?.compensation === true ? say("undoes") : "",
  ].filter((text) => text !== "");
  return (
    <span class="min-w-0">
      <TextLink href={href} class="font-medium break-words">
        {runNameOf(run)}
      </TextLink>
      {beside.length > 0 && <span class="ml-1.5 text-xs text-muted">{beside.join(" · ")}</span>}
    </span>
  );
}

const TRIGGER_TEXT = {
  tick: "tick",
  manual: "manual",
  api: "api",
  retry: "retry",
  backfill: "backfillKind",
  shard: "shard",
  workflow: "workflowKind",
} as const satisfies Readonly<Record<RunJson["trigger"]["kind"], unknown>>;

/** A kind of trigger in words. */
export function useTriggerName(): (kind: RunJson["trigger"]["kind"]) => string {
  const say = useStrings(runsStrings);
  return (kind) => say(TRIGGER_TEXT[kind]);
}

/** What brought a run into being, as a link to it where there is one. */
export function RunTrigger({ run }: { readonly run: RunJson }) {
  const nameOf = useTriggerName();
  const { trigger, workflow } = run;
  const name = nameOf(trigger.kind);
  const from = trigger.origin ?? trigger.parent;
  if (from !== undefined) return <TextLink href={`/runs/${from}`}>{name}</TextLink>;
  if (trigger.backfill !== undefined)
    return <TextLink href={`/runs?backfill=${trigger.backfill}`}>{name}</TextLink>;
  if (workflow !== null) return <TextLink href={`/workflow-runs/${workflow.run}`}>{name}</TextLink>;
  return <>{name}</>;
}
