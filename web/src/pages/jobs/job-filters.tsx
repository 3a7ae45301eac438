import { useEffect, useState } from "preact/compat";
import type { ExecutorJson, PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Checkbox, Field, Select, TextInput, type ControlProps } from "../../kit/field.tsx";
import { useStateName } from "../../kit/status.tsx";
import { withFilters, type Filters } from "../../url/filters.ts";
import { jobsStrings } from "./strings.ts";

const STATES = ["active", "paused", "ended"] as const;
/** A filter that is typed is asked for when the typing rests. */
const REST_MS = 300;

interface JobFiltersProps {
  readonly filters: Filters;
  readonly change: (changes: Filters) => void;
  /** Tags that are there, as suggestions. */
  readonly tags: readonly string[];
}

/** The address of the list with the filters of the page. */
export function listPath({ state = "", executor = "", tag = "", q = "" }: Filters): string {
  return withFilters("/jobs", { state, executor, tag, q });
}

export function hasFilter({ state = "", executor = "", tag = "", q = "" }: Filters): boolean {
  return state + executor + tag + q !== "";
}

/** Which jobs are listed: everything here lives in the address. */
export function JobFilters({ filters, change, tags }: JobFiltersProps) {
  const say = useStrings(jobsStrings);
  const executors = useApi<PageJson<ExecutorJson>>("/executors?limit=200");
  const keys = (executors.data?.items ?? []).map(({ appKey }) => appKey);
  const chosen = filters["executor"] ?? "";
  const known = chosen === "" || keys.includes(chosen) ? keys : [chosen, ...keys];
  return (
    <search class="mb-3 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap">
      <TypedFilters filters={filters} change={change} tags={tags} />
      <StateFilter filters={filters} change={change} />
      <Field label={say("filterExecutor")}>
        {(control) => (
          <Select
            {...control}
            value={chosen}
            options={[
              { value: "", label: say("any") },
              ...known.map((key) => ({ value: key, label: key })),
            ]}
            onChange={(event) => change({ executor: event.currentTarget.value })}
          />
        )}
      </Field>
      <Checkbox
        label={say("groupByTag")}
        isChecked={filters["group"] === "tag"}
        onChange={(isGrouped) => change({ group: isGrouped ? "tag" : "" })}
      />
    </search>
  );
}

function TypedFilters({ filters, change, tags }: JobFiltersProps) {
  const say = useStrings(jobsStrings);
  return (
    <>
      <Field label={say("filterText")}>
        {(control) => (
          <Typed
            control={control}
            value={filters["q"] ?? ""}
            placeholder={say("filterTextHint")}
            onRest={(q) => change({ q })}
          />
        )}
      </Field>
      <Field label={say("filterTag")}>
        {(control) => (
          <Typed
            control={control}
            value={filters["tag"] ?? ""}
            placeholder={say("any")}
            list="job-tags"
            onRest={(tag) => change({ tag })}
          />
        )}
      </Field>
      <datalist id="job-tags">
        {tags.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </>
  );
}

function StateFilter({ filters, change }: Pick<JobFiltersProps, "filters" | "change">) {
  const say = useStrings(jobsStrings);
  const nameOf = useStateName();
  const states = STATES.map((state) => ({ value: state, label: nameOf(state) }));
  return (
    <Field label={say("filterState")}>
      {(control) => (
        <Select
          {...control}
          value={filters["state"] ?? ""}
          options={[{ value: "", label: say("any") }, ...states]}
          onChange={(event) => change({ state: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function Typed(props: {
  readonly control: ControlProps;
  readonly value: string;
  readonly placeholder: string;
  readonly list?: string;
  readonly onRest: (text: string) => void;
}) {
  const { value, onRest, list } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => onRest(text.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [text, value, onRest]);
  return (
    <TextInput
      {...props.control}
      type="search"
      class="sm:w-44"
      value={text}
      placeholder={props.placeholder}
      {...(list === undefined ? {} : { list })}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}
