import type { ComponentChildren } from "preact";
import type { PageJson, RunJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Card, Facts } from "../../kit/layout.tsx";
import { Status } from "../../kit/status.tsx";
import { Span, Time } from "../../kit/time.tsx";
import { useTriggerName } from "./run-name.tsx";
import { hasEnded, lagMsOf } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

type Fact = readonly [string, ComponentChildren];

/** What else is known of a run: where it comes from, its times, and its numbers. */
export function RunFacts({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  return (
    <Card title={say("facts")}>
      <Facts items={[...useOrigin(run), ...useTimes(run), ...useNumbers(run)]} />
    </Card>
  );
}

function useOrigin(run: RunJson): readonly Fact[] {
  const say = useStrings(runStrings);
  const nameOf = useTriggerName();
  const { trigger, workflow, job } = run;
  const facts: (Fact | null)[] = [
    [say("id"), <Copied key="id" text={run.id} />],
    workflow === null
      ? [say("job"), <TextLink href={`/jobs/${encodeURIComponent(job)}`}>{job}</TextLink>]
      : [
          say("workflow"),
          <TextLink href={`/workflows/${encodeURIComponent(job)}`}>{job}</TextLink>,
        ],
    [say(workflow === null ? "jobVersion" : "workflowVersion"), run.jobVersion],
    [say("trigger"), nameOf(trigger.kind)],
    trigger.origin === undefined
      ? null
      : [say("origin"), <RunLink key="origin" id={trigger.origin} />],
    trigger.parent === undefined
      ? null
      : [say("parent"), <RunLink key="parent" id={trigger.parent} />],
    trigger.backfill === undefined
      ? null
      : [
          say("backfill"),
          <TextLink href={`/runs?backfill=${trigger.backfill}`}>{trigger.backfill}</TextLink>,
        ],
    ...useStep(run),
    [say("retriedBy"), <Retries key="retries" run={run} />],
  ];
  return facts.filter((fact) => fact !== null);
}

function RunLink({ id }: { readonly id: string }) {
  return (
    <TextLink href={`/runs/${id}`} class="font-mono text-xs break-all">
      {id}
    </TextLink>
  );
}

function useStep({ workflow }: RunJson): readonly Fact[] {
  const say = useStrings(runStrings);
  if (workflow === null) return [];
  const { run, step, part, compensation, revision } = workflow;
  const item = part === null ? step : say("stepPart", { step, part: part + 1 });
  return [
    [
      say("workflowRun"),
      <TextLink href={`/workflow-runs/${run}`} class="font-mono text-xs break-all">
        {run}
      </TextLink>,
    ],
    [say("step"), compensation ? say("compensation", { step: item }) : item],
    [say("stepRevision"), revision],
  ];
}

function useTimes(run: RunJson): readonly Fact[] {
  const say = useStrings(runStrings);
  return [
    [say("planned"), <Time key="planned" at={run.nominalAt} />],
    [say("created"), <Time key="created" at={run.createdAt} />],
    [say("started"), <Time key="started" at={run.startedAt} />],
    [say("ended"), <Time key="ended" at={run.endedAt} />],
    [say("lag"), <Span key="lag" ms={lagMsOf(run)} />],
    ...(run.cancelRequestedAt === null
      ? []
      : [[say("requested"), <Time key="requested" at={run.cancelRequestedAt} />] as const]),
  ];
}

function useNumbers(run: RunJson): readonly Fact[] {
  const say = useStrings(runStrings);
  const { traceparent } = run;
  return [
    [say("attempts"), say("attemptsOf", { count: run.attempt, max: run.attemptsMax })],
    [say("node"), run.node ?? "–"],
    [say("delivery"), say(run.delivery)],
    [say("version"), run.version],
    ...(traceparent === null
      ? []
      : [[say("trace"), <Copied key="trace" text={traceparent} />] as const]),
  ];
}

function Copied({ text }: { readonly text: string }) {
  return (
    <span class="inline-flex max-w-full items-center gap-1">
      <code class="min-w-0 text-xs break-all">{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

const RETRIES_LOOKED_AT = 100;

/** The runs that do this one again. Only those that were made soon after it are looked at. */
function Retries({ run }: { readonly run: RunJson }) {
  const isRetriable = hasEnded(run.state) && run.workflow === null;
  const query = new URLSearchParams({
    job: run.jobId,
    trigger: "retry",
    from: run.createdAt,
    order: "oldest",
    limit: String(RETRIES_LOOKED_AT),
  });
  const read = useApi<PageJson<RunJson>>(isRetriable ? `/runs?${query.toString()}` : null, {
    topics: ["runs"],
  });
  const retries = read.data?.items.filter(({ trigger }) => trigger.origin === run.id) ?? [];
  if (retries.length === 0) return <>–</>;
  return (
    <ul class="grid gap-1">
      {retries.map((retry) => (
        <li key={retry.id}>
          <TextLink href={`/runs/${retry.id}`}>
            <Status state={retry.state} /> <Time at={retry.createdAt} as="relative" />
          </TextLink>
        </li>
      ))}
    </ul>
  );
}
