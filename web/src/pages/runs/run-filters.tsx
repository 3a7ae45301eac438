import { useState } from "preact/compat";
import { X } from "lucide-react";
import { Link } from "wouter";
import type { Problem } from "../../api/problem.ts";
import type { JobJson, PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { faultAt, Field, Select } from "../../kit/field.tsx";
import { Card } from "../../kit/layout.tsx";
import { withFilters, type Filters } from "../../url/filters.ts";
import { FilterText } from "./filter-text.tsx";
import { MoreFilters } from "./more-filters.tsx";
import { useTriggerName } from "./run-name.tsx";
import { FAILED_STATES, TRIGGERS } from "./run-states.ts";
import { FILTER_NAMES } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";
import { TimeFilter } from "./time-filter.tsx";

export interface FiltersProps {
  readonly filters: Filters;
  readonly change: (changes: Filters) => void;
  /** Why the list was refused, for the field that is at fault. */
  readonly problem: Problem | null;
}

/** What narrows the list down: common choices as links, the usual fields, and more of them when asked for. */
export function RunFilters(props: FiltersProps) {
  const { filters, change, problem } = props;
  const say = useStrings(runsStrings);
  const nameOf = useTriggerName();
  const [isOpen, setOpen] = useState(() => moreOn(filters) > 0);
  const on = moreOn(filters);
  return (
    <Card class="mb-3">
      <Presets filters={filters} />
      <div class="grid grid-cols-2 gap-x-3 gap-y-2 lg:grid-cols-4">
        <FilterText
          label={say("q")}
          value={filters["q"] ?? ""}
          onChange={(q) => change({ q })}
          fault={faultAt(problem, "/query/q")}
        />
        <JobFilter {...props} />
        <Field label={say("trigger")}>
          {(control) => (
            <Select
              {...control}
              value={filters["trigger"] ?? ""}
              onChange={(event) => change({ trigger: event.currentTarget.value })}
              options={[
                { value: "", label: say("any") },
                ...TRIGGERS.map((kind) => ({ value: kind, label: nameOf(kind) })),
              ]}
            />
          )}
        </Field>
        <TimeFilter filters={filters} change={change} />
      </div>
      <div class="mt-2 flex flex-wrap items-center gap-2">
        <Button look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {on === 0 ? say("moreFilters") : say("moreFiltersOn", { count: on })}
        </Button>
        <Chips {...props} />
        {FILTER_NAMES.some((name) => (filters[name] ?? "") !== "") && (
          <Button look="quiet" onClick={() => change(noFilters())}>
            {say("clear")}
          </Button>
        )}
      </div>
      {isOpen && <MoreFilters {...props} />}
    </Card>
  );
}

/** A change that takes every filter away. */
export function noFilters(): Filters {
  return Object.fromEntries(FILTER_NAMES.map((name) => [name, ""]));
}

const MORE = ["node", "slowerThan", "order"] as const;

function moreOn(filters: Filters): number {
  const hasStates = PRESETS.every(({ set }) => set.state !== (filters["state"] ?? ""));
  return MORE.filter((name) => (filters[name] ?? "") !== "").length + (hasStates ? 1 : 0);
}

const PRESETS = [
  { key: "all", set: { state: "", deadLetter: "" } },
  { key: "presetFailed", set: { state: FAILED_STATES.join(","), deadLetter: "" } },
  { key: "presetRunning", set: { state: "dispatching,running", deadLetter: "" } },
  { key: "presetWaiting", set: { state: "waiting,retrying", deadLetter: "" } },
  { key: "presetSucceeded", set: { state: "succeeded", deadLetter: "" } },
  { key: "presetCanceled", set: { state: "canceled", deadLetter: "" } },
  { key: "deadLetters", set: { state: "", deadLetter: "1" } },
] as const;

function Presets({ filters }: { readonly filters: Filters }) {
  const say = useStrings(runsStrings);
  return (
    <nav aria-label={say("presets")} class="mb-3 flex flex-wrap gap-1">
      {PRESETS.map(({ key, set }) => {
        const isHere =
          set.state === (filters["state"] ?? "") &&
          set.deadLetter === (filters["deadLetter"] ?? "");
        return (
          <Link
            key={key}
            replace
            href={withFilters("/runs", { ...filters, ...set })}
            {...(isHere ? { "aria-current": "true" } : {})}
            {...(key === "deadLetters" ? { title: say("deadLettersHint") } : {})}
            class={`rounded-md px-2.5 py-1 ${isHere ? "bg-accent-ground font-medium text-accent" : "text-muted hover:bg-hover hover:text-text"}`}
          >
            {say(key)}
          </Link>
        );
      })}
    </nav>
  );
}

const SUGGESTIONS = 20;

function JobFilter({ filters, change, problem }: FiltersProps) {
  const say = useStrings(runsStrings);
  const [typed, setTyped] = useState(filters["job"] ?? "");
  const query = new URLSearchParams({ limit: String(SUGGESTIONS), ...(typed && { q: typed }) });
  const jobs = useApi<PageJson<JobJson>>(`/jobs?${query.toString()}`, { isKept: true });
  return (
    <FilterText
      label={say("job")}
      value={filters["job"] ?? ""}
      placeholder={say("anyJob")}
      onChange={(job) => change({ job })}
      fault={faultAt(problem, "/query/job")}
      onTyped={setTyped}
      choices={jobs.data?.items.map(({ name }) => name) ?? []}
    />
  );
}

const CHIPS = ["workflow", "workflowRun", "backfill", "parent"] as const;

/** Filters that only links set, each with a way to take it away. */
function Chips({ filters, change }: FiltersProps) {
  const say = useStrings(runsStrings);
  return (
    <>
      {CHIPS.filter((name) => (filters[name] ?? "") !== "").map((name) => {
        const text = say(name, { name: filters[name] ?? "" });
        return (
          <Button
            key={name}
            aria-label={say("filterOff", { name: text })}
            onClick={() => change({ [name]: "" })}
            class="max-w-full"
          >
            <span class="truncate">{text}</span>
            <X size={14} aria-hidden="true" />
          </Button>
        );
      })}
    </>
  );
}
