import { usePages } from "../../api/use-api.ts";
import type { WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { Field, Select, TextInput } from "../../kit/field.tsx";
import { Card, Empty, Page } from "../../kit/layout.tsx";
import { useStateName } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useZone } from "../../shell/zone.ts";
import { useFilters, withFilters, type Filters } from "../../url/filters.ts";
import { instantOfLocal, localOfInstant } from "../../kit/zoned-time.ts";
import { workflowStrings } from "./strings.ts";
import { WorkflowRunTable } from "./workflow-run-table.tsx";

const PAGE = "50";
const CLEARED: Filters = { workflow: "", state: "", trigger: "", from: "", to: "" };
const STATES = ["waiting", "running", "ending", "compensating"] as const;
const ENDS = ["succeeded", "failed", "timed_out", "canceled"] as const;

/** All workflow runs of the namespace, newest first. */
export function WorkflowRunsPage() {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [filters, setFilters] = useFilters();
  const { workflow = "", state = "", trigger = "", from = "", to = "" } = filters;
  const asked = { workflow, state, trigger, from, to };
  const path = withFilters("/workflow-runs", { ...asked, limit: PAGE });
  const list = usePages<WorkflowRunJson>(path, { topics: ["workflow-runs"], isKept: true });
  const isFiltered = Object.values(asked).some((value) => value !== "");
  return (
    <Page title={say("workflowRuns")} path={[{ label: say("workflows"), href: "/workflows" }]}>
      <Card>
        <RunFilters filters={asked} onChange={setFilters} isFiltered={isFiltered} />
        <WorkflowRunTable
          list={list}
          listKey={path}
          hasWorkflow
          empty={
            isFiltered ? (
              <Empty title={say("noMatchRuns")}>
                <Button onClick={() => setFilters(CLEARED)}>{sayKit("clear")}</Button>
              </Empty>
            ) : (
              <Empty title={say("emptyRunsTitle")}>
                <p class="mb-3">{say("emptyRunsAbout")}</p>
                <ButtonLink href="/workflows">{say("workflows")}</ButtonLink>
              </Empty>
            )
          }
        />
      </Card>
    </Page>
  );
}

function RunFilters(props: {
  readonly filters: Readonly<Record<"workflow" | "state" | "trigger" | "from" | "to", string>>;
  readonly onChange: (changes: Filters) => void;
  readonly isFiltered: boolean;
}) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const states = useStateOptions();
  const { filters, onChange, isFiltered } = props;
  return (
    <div class="mb-3 grid grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))] items-end gap-3">
      <Field label={say("workflow")}>
        {(control) => (
          <TextInput
            {...control}
            type="search"
            value={filters.workflow}
            onInput={(event) => onChange({ workflow: event.currentTarget.value.trim() })}
          />
        )}
      </Field>
      <Field label={say("state")}>
        {(control) => (
          <Select
            {...control}
            options={states}
            value={filters.state}
            onChange={(event) => onChange({ state: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={say("trigger")}>
        {(control) => (
          <Select
            {...control}
            options={[
              { value: "", label: say("any") },
              { value: "api", label: say("api") },
              { value: "run", label: say("triggerRun") },
              { value: "event", label: say("event") },
              { value: "rerun", label: say("rerun") },
            ]}
            value={filters.trigger}
            onChange={(event) => onChange({ trigger: event.currentTarget.value })}
          />
        )}
      </Field>
      <TimeField label={say("from")} value={filters.from} onChange={(from) => onChange({ from })} />
      <TimeField label={say("to")} value={filters.to} onChange={(to) => onChange({ to })} />
      {isFiltered && (
        <div>
          <Button look="quiet" onClick={() => onChange(CLEARED)}>
            {sayKit("clear")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** An instant of the address, typed and shown in the zone of the pages. */
function TimeField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (at: string) => void;
}) {
  const zone = useZone();
  return (
    <Field label={props.label}>
      {(control) => (
        <TextInput
          {...control}
          type="datetime-local"
          title={zone}
          value={localOfInstant(props.value, zone)}
          onChange={(event) =>
            props.onChange(instantOfLocal(event.currentTarget.value, zone) ?? "")
          }
        />
      )}
    </Field>
  );
}

/** The states that a list of workflow runs can be limited to, and two sets of them. */
export function useStateOptions(): readonly { readonly value: string; readonly label: string }[] {
  const say = useStrings(workflowStrings);
  const nameOf = useStateName();
  return [
    { value: "", label: say("any") },
    { value: STATES.join(","), label: say("active") },
    { value: "failed,timed_out,canceled", label: say("unsuccessful") },
    ...[...STATES, ...ENDS].map((state) => ({ value: state, label: nameOf(state) })),
  ];
}
