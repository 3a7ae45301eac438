import { useApi } from "../../api/use-api.ts";
import type { PageJson, WorkflowRunFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Status } from "../../kit/status.tsx";
import { Time } from "../../kit/time.tsx";
import { withFilters } from "../../url/filters.ts";
import { runStrings } from "./run-strings.ts";
import type { GraphStepJson, WorkflowJson } from "./workflow-shapes.ts";

const SEARCHED = "200";

/**
 * The workflow runs that a step has started. They name the run that started them; which workflow they are of is in
 * the definition that this run is pinned to.
 */
export function ChildRuns(props: {
  readonly run: WorkflowRunFullJson;
  readonly step: GraphStepJson;
}) {
  const say = useStrings(runStrings);
  const { run, step } = props;
  const definition = useApi<WorkflowJson>(
    `/workflows/${run.workflowId}/versions/${run.workflowVersion}`,
  );
  const child = definition.data?.steps.find(({ name }) => name === step.name)?.workflow;
  const hasBegun = step.startedAt !== null && step.runs.length > 0;
  const list = useApi<PageJson<WorkflowRunJson>>(
    hasBegun && child !== undefined ? searchOf(child, step) : null,
    {
      topics: ["workflow-runs"],
    },
  );
  const items = list.data?.items ?? [];
  const found = items.filter(({ trigger }) => step.runs.includes(trigger.run ?? ""));
  if (found.length === 0) return null;
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">{say("childRun")}</h3>
      <ul class="flex flex-col gap-1">
        {found.map(({ id, workflow, state, createdAt }) => (
          <li key={id} class="flex flex-wrap items-center gap-2">
            <TextLink href={`/workflow-runs/${id}`}>
              {workflow} · <Time at={createdAt} />
            </TextLink>
            <Status state={state} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function searchOf(workflow: string, { startedAt }: GraphStepJson): string {
  const from = startedAt ?? "";
  return withFilters("/workflow-runs", {
    workflow,
    trigger: "run",
    from,
    order: "oldest",
    limit: SEARCHED,
  });
}
