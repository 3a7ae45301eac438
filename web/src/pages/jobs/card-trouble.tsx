import { useStrings } from "../../i18n/strings.ts";
import { Checkbox } from "../../kit/field.tsx";
import { jsonAt } from "../../kit/json-pointer.ts";
import { Card } from "../../kit/layout.tsx";
import { CheckAt, NumberAt, SelectAt, TextAt } from "./fields-at.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";
import { RetryTimeline } from "./retry-timeline.tsx";

const OVERLAPS = ["skip", "buffer_one", "buffer_all", "cancel_other", "allow"] as const;
const MISFIRES = ["skip", "latest", "all"] as const;
const DELIVERIES = ["at_least_once", "at_most_once"] as const;
const RETRY = {
  max: 3,
  backoff: { kind: "exponential", base: "10s", factor: 3, max: "1d" },
  jitter: "full",
  untilNextTick: false,
} as const;

/** What happens when a run takes too long, fails, meets another one, or comes too late. */
export function TroubleCard() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const overlap = chosenOf(OVERLAPS, textIn(draft, "/overlap"), "skip");
  const misfire = chosenOf(MISFIRES, textIn(draft, "/misfire/policy"), "latest");
  const delivery = chosenOf(DELIVERIES, textIn(draft, "/delivery"), "at_least_once");
  const isWorkflow = textIn(draft, "/target/kind") === "workflow";
  return (
    <Card title={say("cardTrouble")}>
      <div class="flex flex-col gap-4">
        <div class="grid gap-3 sm:grid-cols-2">
          <TextAt
            at="/timeout"
            label={say("timeout")}
            hint={say("timeoutAbout")}
            placeholder={isWorkflow ? "30d" : "60s"}
          />
          <TextAt
            at="/startWithin"
            label={say("startWithin")}
            hint={say("startWithinAbout")}
            whenEmpty={null}
          />
        </div>
        <Retries />
        <SelectAt
          at="/overlap"
          label={say("overlap")}
          usual="skip"
          hint={say(`overlap_${overlap}_about`)}
          options={OVERLAPS.map((value) => ({ value, label: say(`overlap_${value}_name`) }))}
        />
        <SelectAt
          at="/misfire/policy"
          label={say("misfire")}
          usual="latest"
          hint={say(`misfire_${misfire}_about`)}
          options={MISFIRES.map((value) => ({ value, label: say(`misfire_${value}`) }))}
        />
        <MisfireBounds />
        <SelectAt
          at="/delivery"
          label={say("delivery")}
          usual="at_least_once"
          hint={say(`delivery_${delivery}_about`)}
          options={DELIVERIES.map((value) => ({ value, label: say(`delivery_${value}`) }))}
        />
      </div>
    </Card>
  );
}

/** Retries, as they would follow each other; left out, the server chooses by how close the ticks are. */
function Retries() {
  const say = useStrings(formStrings);
  const { draft, set } = useJobForm();
  const isChosen = jsonAt(draft, "/retry") !== undefined;
  return (
    <fieldset class="min-w-0">
      <legend class="mb-1 font-medium">{say("retries")}</legend>
      <Checkbox
        label={say("chooseRetries")}
        isChecked={isChosen}
        onChange={(isWanted) => set("/retry", isWanted ? RETRY : undefined)}
      />
      {isChosen ? (
        <>
          <div class="grid grid-cols-2 gap-3 sm:grid-cols-4">
            <NumberAt at="/retry/max" label={say("retryMax")} min={0} placeholder="3" />
            <TextAt at="/retry/backoff/base" label={say("retryBase")} placeholder="10s" />
            <NumberAt
              at="/retry/backoff/factor"
              label={say("retryFactor")}
              min={1}
              step="any"
              placeholder="3"
            />
            <TextAt at="/retry/backoff/max" label={say("retryMost")} placeholder="1d" />
          </div>
          <div class="mt-3 grid gap-3 sm:grid-cols-2">
            <SelectAt
              at="/retry/jitter"
              label={say("retryJitter")}
              usual="full"
              options={[
                { value: "full", label: say("jitter_full") },
                { value: "none", label: say("jitter_none") },
              ]}
            />
            <CheckAt at="/retry/untilNextTick" label={say("untilNextTick")} />
          </div>
          <RetryTimeline />
        </>
      ) : (
        <p class="text-xs text-muted">{say("retriesUsual")}</p>
      )}
    </fieldset>
  );
}

function MisfireBounds() {
  const say = useStrings(formStrings);
  return (
    <details>
      <summary class="cursor-pointer text-muted">{say("misfireMore")}</summary>
      <div class="mt-2 grid gap-3 sm:grid-cols-3">
        <TextAt
          at="/misfire/grace"
          label={say("grace")}
          hint={say("graceAbout")}
          placeholder="5s"
        />
        <TextAt
          at="/misfire/maxAge"
          label={say("maxAge")}
          hint={say("maxAgeAbout")}
          placeholder="1h"
        />
        <NumberAt
          at="/misfire/maxCatchup"
          label={say("maxCatchup")}
          hint={say("maxCatchupAbout")}
          min={0}
          placeholder="10"
        />
      </div>
    </details>
  );
}

function chosenOf<V extends string>(known: readonly V[], text: string, usual: V): V {
  return known.find((one) => one === text) ?? usual;
}
