import { useMemo, useState } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Field, Select, TextInput } from "../../kit/field.tsx";
import { Status, useStateName } from "../../kit/status.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { Span, Time } from "../../kit/time.tsx";
import { useFilters } from "../../url/filters.ts";
import { shownState } from "./graph-model.ts";
import { graphStrings, kindKey } from "./graph-strings.ts";
import { runStrings } from "./run-strings.ts";
import type { GraphStepJson } from "./workflow-shapes.ts";

const ROWS = 100;
const STATES = ["pending", "running", "waiting", "succeeded", "failed", "skipped", "canceled"];

interface StepTableProps {
  readonly steps: readonly GraphStepJson[];
  readonly path: readonly string[];
  readonly selected: string | null;
  readonly onSelect: (step: string) => void;
}

/** The steps as a table: everything that the graph shows, in words. */
export function StepTable({ steps, path, selected, onSelect }: StepTableProps) {
  const say = useStrings(runStrings);
  const [filters] = useFilters();
  const { state = "", find = "" } = filters;
  const [count, setCount] = useState(ROWS);
  const columns = useColumns(path, onSelect);
  const found = useMemo(
    () =>
      steps.filter(
        (step) => (state === "" || step.state === state) && step.name.includes(find.trim()),
      ),
    [steps, state, find],
  );
  const left = found.length - count;
  return (
    <>
      <StepFilters />
      {found.length === 0 ? (
        <p class="py-6 text-center text-muted">{say("noStepFits")}</p>
      ) : (
        <Table
          caption={say("steps")}
          columns={columns}
          rows={found.slice(0, count)}
          idOf={({ name }) => name}
          currentId={selected}
        />
      )}
      {left > 0 && (
        <Button class="mt-2" onClick={() => setCount(count + ROWS)}>
          {say("moreRows", { count: left })}
        </Button>
      )}
    </>
  );
}

function StepFilters() {
  const say = useStrings(runStrings);
  const nameOf = useStateName();
  const [filters, setFilters] = useFilters();
  return (
    <div class="mb-3 flex flex-wrap gap-3">
      <div class="w-48">
        <Field label={say("findStep")}>
          {(control) => (
            <TextInput
              {...control}
              type="search"
              value={filters["find"] ?? ""}
              onInput={(event) => setFilters({ find: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <div class="w-40">
        <Field label={say("state")}>
          {(control) => (
            <Select
              {...control}
              options={[
                { value: "", label: say("allStates") },
                ...STATES.map((state) => ({ value: state, label: nameOf(state) })),
              ]}
              value={filters["state"] ?? ""}
              onChange={(event) => setFilters({ state: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </div>
  );
}

function useColumns(
  path: readonly string[],
  onSelect: (step: string) => void,
): readonly Column<GraphStepJson>[] {
  const say = useStrings(runStrings);
  const sayKind = useStrings(graphStrings);
  const onPath = useMemo(() => new Set(path), [path]);
  return [
    {
      key: "step",
      title: say("step"),
      cell: ({ name }) => <StepCell name={name} isOnPath={onPath.has(name)} onSelect={onSelect} />,
    },
    {
      key: "state",
      title: say("state"),
      cell: ({ kind, state }) => <Status state={shownState(kind, state)} />,
    },
    {
      key: "kind",
      title: say("kind"),
      isWideOnly: true,
      cell: ({ kind, parts }) =>
        `${sayKind(kindKey(kind))}${parts.total === 0 ? "" : ` ${parts.ended}/${parts.total}`}`,
    },
    {
      key: "after",
      title: say("after"),
      isWideOnly: true,
      cell: ({ after }) => (
        <span class="line-clamp-2 max-w-56 text-xs break-all">{after.join(", ")}</span>
      ),
    },
    {
      key: "began",
      title: say("began"),
      isWideOnly: true,
      cell: (step) => <Time at={step.startedAt} />,
    },
    {
      key: "took",
      title: say("duration"),
      isNumber: true,
      cell: (step) => <Span ms={step.durationMs} />,
    },
    {
      key: "why",
      title: say("reasonOrError"),
      cell: (step) => <WhyCell step={step} />,
    },
  ];
}

function StepCell(props: {
  readonly name: string;
  readonly isOnPath: boolean;
  readonly onSelect: (step: string) => void;
}) {
  const say = useStrings(runStrings);
  const { name, isOnPath, onSelect } = props;
  return (
    <span class="flex items-center gap-1">
      <button
        type="button"
        data-step={name}
        onClick={() => onSelect(name)}
        class="min-w-20 text-left wrap-anywhere text-accent hover:underline"
      >
        {name}
      </button>
      {isOnPath && (
        <span class="text-accent" title={say("critical")}>
          <span aria-hidden="true">◆</span>
          <span class="sr-only">{say("critical")}</span>
        </span>
      )}
    </span>
  );
}

function WhyCell({ step: { error, reason } }: { readonly step: GraphStepJson }) {
  return (
    <span
      class={`line-clamp-2 max-w-sm min-w-32 text-xs wrap-anywhere ${error === null ? "text-muted" : "text-bad"}`}
    >
      {error?.message ?? reason ?? ""}
    </span>
  );
}
