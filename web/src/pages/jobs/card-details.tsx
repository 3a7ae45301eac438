import type { Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select } from "../../kit/field.tsx";
import { jsonAt } from "../../kit/json-pointer.ts";
import { Card } from "../../kit/layout.tsx";
import { JsonAt, ListAt, NumberAt, SelectAt, TextAt } from "./fields-at.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

/** Who and what the job is for, and how it shares with others. */
export function DetailsCard() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const isExecutor = textIn(draft, "/target/kind") === "executor";
  const hasSharding = (jsonAt(draft, "/sharding") ?? null) !== null;
  return (
    <Card title={say("cardDetails")}>
      <div class="flex flex-col gap-3">
        <TextAt at="/description" label={say("description")} />
        <div class="grid gap-3 sm:grid-cols-2">
          <TextAt at="/owner" label={say("owner")} />
          <ListAt at="/tags" label={say("tags")} hint={say("commas")} />
          <NumberAt
            at="/priority"
            label={say("priority")}
            hint={say("priorityAbout")}
            min={-100}
            placeholder="0"
          />
          <NumberAt
            at="/concurrency"
            label={say("concurrency")}
            hint={say("concurrencyAbout")}
            min={1}
            whenEmpty={null}
          />
        </div>
        {(isExecutor || hasSharding) && <Sharding />}
      </div>
    </Card>
  );
}

const MODES = ["none", "items", "count", "broadcast"] as const;
type Mode = (typeof MODES)[number];
const FRESH: Readonly<Record<Mode, Json>> = {
  none: null,
  items: { mode: "items", items: [], by: "weight", success: { mode: "all" } },
  count: { mode: "count", total: 4, success: { mode: "all" } },
  broadcast: { mode: "broadcast", success: { mode: "all" } },
};

/** How one occasion is split over the nodes of the executor. */
function Sharding() {
  const say = useStrings(formStrings);
  const { draft, set, faultAt } = useJobForm();
  const mode = MODES.find((known) => known === textIn(draft, "/sharding/mode")) ?? "none";
  return (
    <fieldset data-at="/sharding" class="min-w-0">
      <legend class="sr-only">{say("sharding")}</legend>
      <div class="grid gap-3 sm:grid-cols-2">
        <Field
          label={say("sharding")}
          hint={say(`sharding_${mode}_about`)}
          fault={faultAt("/sharding")}
        >
          {(control) => (
            <Select
              {...control}
              value={mode}
              options={MODES.map((one) => ({ value: one, label: say(`sharding_${one}`) }))}
              onChange={(event) => {
                const next = MODES.find((one) => one === event.currentTarget.value) ?? "none";
                set("/sharding", FRESH[next]);
              }}
            />
          )}
        </Field>
        {mode === "count" && <NumberAt at="/sharding/total" label={say("shardTotal")} min={1} />}
        {mode === "items" && (
          <SelectAt
            at="/sharding/by"
            label={say("shardBy")}
            usual="weight"
            options={[
              { value: "weight", label: say("by_weight") },
              { value: "even", label: say("by_even") },
            ]}
          />
        )}
        {mode !== "none" && <Success />}
      </div>
      {mode === "items" && (
        <div class="mt-3">
          <JsonAt at="/sharding/items" label={say("shardItems")} whenEmpty={[]} />
        </div>
      )}
    </fieldset>
  );
}

const WINS = ["all", "any", "count"] as const;

/** How many shards must succeed. */
function Success() {
  const say = useStrings(formStrings);
  const { draft, set } = useJobForm();
  const mode = WINS.find((one) => one === textIn(draft, "/sharding/success/mode")) ?? "all";
  return (
    <>
      <Field label={say("success")}>
        {(control) => (
          <Select
            {...control}
            value={mode}
            options={WINS.map((one) => ({ value: one, label: say(`success_${one}`) }))}
            onChange={(event) => {
              const next = event.currentTarget.value;
              set(
                "/sharding/success",
                next === "count" ? { mode: next, count: 1 } : { mode: next },
              );
            }}
          />
        )}
      </Field>
      {mode === "count" && (
        <NumberAt at="/sharding/success/count" label={say("successCount")} min={1} />
      )}
    </>
  );
}
