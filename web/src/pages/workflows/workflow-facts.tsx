import { useApi } from "../../api/use-api.ts";
import type { JobJson, PageJson, WorkflowFullJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Facts } from "../../kit/layout.tsx";
import { Time } from "../../kit/time.tsx";
import { withFilters } from "../../url/filters.ts";
import { workflowStrings } from "./strings.ts";

const JOBS_SEARCHED = 200;
const OVERLAPS = {
  skip: "skip",
  buffer_one: "bufferOne",
  buffer_all: "bufferAll",
  cancel_other: "cancelOther",
  allow: "allow",
} as const satisfies Readonly<Record<WorkflowFullJson["overlap"], string>>;
const UNDER_WAY = "waiting,running,ending,compensating";

/** The head of a workflow: what starts it, and by which rules it runs. */
export function WorkflowFacts({ workflow }: { readonly workflow: WorkflowFullJson }) {
  const say = useStrings(workflowStrings);
  const { name, version, liveRuns, timeout, onFailure, overlap, concurrency } = workflow;
  const live = withFilters("/workflow-runs", { workflow: name, state: UNDER_WAY });
  const versions = `/workflows/${encodeURIComponent(name)}?tab=versions`;
  return (
    <Facts
      items={[
        [say("startedBy"), <StartedBy key="by" workflow={workflow} />],
        [
          say("liveRuns"),
          <TextLink key="live" href={live}>
            {liveRuns.toLocaleString()}
          </TextLink>,
        ],
        [
          say("version"),
          <TextLink key="version" href={versions}>
            {version}
          </TextLink>,
        ],
        [say("updated"), <Time key="updated" at={workflow.updatedAt} />],
        [say("timeout"), timeout],
        [say("onFailure"), say(onFailure)],
        [say("concurrency"), concurrency ?? (overlap === "allow" ? say("noBound") : 1)],
        [say("overlap"), say(OVERLAPS[overlap])],
        ...(workflow.owner === "" ? [] : [[say("owner"), workflow.owner] as const]),
        ...(workflow.tags.length === 0
          ? []
          : [[say("tags"), <Tags key="tags" tags={workflow.tags} />] as const]),
      ]}
    />
  );
}

function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span class="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <TextLink key={tag} href={withFilters("/workflows", { tag })}>
          {tag}
        </TextLink>
      ))}
    </span>
  );
}

/** Its events, and the jobs whose target it is, as far as one page of jobs says. */
function StartedBy({ workflow: { name, on } }: { readonly workflow: WorkflowFullJson }) {
  const say = useStrings(workflowStrings);
  const { data } = useApi<PageJson<JobJson>>(`/jobs?limit=${JOBS_SEARCHED}`);
  const jobs = data?.items.filter(
    ({ target }) => target.kind === "workflow" && target.workflow === name,
  );
  const hasMore = data !== undefined && data.nextCursor !== null;
  return (
    <span class="flex flex-col">
      {on.map(({ event }) => (
        <code key={event} class="text-xs">
          {say("onEvent", { event })}
        </code>
      ))}
      {jobs?.map((job) => (
        <TextLink key={job.id} href={`/jobs/${encodeURIComponent(job.name)}`}>
          {say("byJob", { name: job.name })}
        </TextLink>
      ))}
      {on.length === 0 && (jobs ?? []).length === 0 && <span>{say("byApi")}</span>}
      {hasMore && (
        <span class="text-xs text-muted">{say("moreJobs", { count: JOBS_SEARCHED })}</span>
      )}
    </span>
  );
}
