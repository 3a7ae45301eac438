import { useStrings } from "../../i18n/strings.ts";
import { Checkbox, faultAt, Field, Select } from "../../kit/field.tsx";
import { useStateName } from "../../kit/status.tsx";
import { FilterText } from "./filter-text.tsx";
import type { FiltersProps } from "./run-filters.tsx";
import { RUN_STATES } from "./run-states.ts";
import { statesOf } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";

/** The filters that are needed now and then. */
export function MoreFilters({ filters, change, problem }: FiltersProps) {
  const say = useStrings(runsStrings);
  return (
    <div class="mt-2 grid grid-cols-2 gap-x-3 gap-y-2 border-t border-line pt-3 lg:grid-cols-4">
      <States filters={filters} change={change} />
      <FilterText
        label={say("node")}
        hint={say("nodeHint")}
        value={filters["node"] ?? ""}
        onChange={(node) => change({ node })}
        fault={faultAt(problem, "/query/node")}
      />
      <FilterText
        label={say("slowerThan")}
        hint={say("slowerHint")}
        value={filters["slowerThan"] ?? ""}
        onChange={(slowerThan) => change({ slowerThan })}
        fault={faultAt(problem, "/query/slowerThan")}
      />
      <Field label={say("order")}>
        {(control) => (
          <Select
            {...control}
            value={filters["order"] ?? ""}
            onChange={(event) => change({ order: event.currentTarget.value })}
            options={[
              { value: "", label: say("newest") },
              { value: "oldest", label: say("oldest") },
            ]}
          />
        )}
      </Field>
    </div>
  );
}

function States({ filters, change }: Omit<FiltersProps, "problem">) {
  const say = useStrings(runsStrings);
  const nameOf = useStateName();
  const chosen = statesOf(filters);
  const toggle = (state: string, isOn: boolean): void => {
    const next = isOn ? [...chosen, state] : chosen.filter((one) => one !== state);
    change({ state: RUN_STATES.filter((known) => next.includes(known)).join(",") });
  };
  return (
    <fieldset class="col-span-2 min-w-0">
      <legend class="mb-1 font-medium">{say("states")}</legend>
      <div class="flex flex-wrap gap-x-4">
        {RUN_STATES.map((state) => (
          <Checkbox
            key={state}
            label={nameOf(state)}
            isChecked={chosen.includes(state)}
            onChange={(isOn) => toggle(state, isOn)}
          />
        ))}
      </div>
    </fieldset>
  );
}
