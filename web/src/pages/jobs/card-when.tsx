import { useId, useRef, useState } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { jsonAt, withJsonAt, type JsonObject } from "../../kit/json-pointer.ts";
import { Card } from "../../kit/layout.tsx";
import { zoneNow } from "../../shell/zone.ts";
import { CalendarUse } from "./calendar-use.tsx";
import { Choice } from "./choice.tsx";
import { DailyFields, dailyOf } from "./daily-fields.tsx";
import { InstantAt, NumberAt, SelectAt, TextAt } from "./fields-at.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

const KINDS = ["every", "daily", "cron", "at", "after", "manual"] as const;
type Kind = (typeof KINDS)[number];
const LENGTHS = ["10s", "30s", "1m", "5m", "15m", "30m", "1h", "6h", "12h", "1d"] as const;
const DEFAULT_CRON = "0 2 * * *";
const HOUR_MS = 3_600_000;
/** What a schedule keeps when it becomes one of another kind that has it too. */
const SHARED = ["timezone", "calendar", "jitter", "startAt", "endAt", "ticksMax"] as const;

/** When the job runs. */
export function WhenCard() {
  const say = useStrings(formStrings);
  const { draft, set } = useJobForm();
  const [asked, setAsked] = useState<Kind | null>(null);
  const kind = kindOf(draft, asked);
  // What was typed for another kind comes back with it.
  const others = useRef<Partial<Record<Kind, Json>>>({});
  const choose = (next: Kind): void => {
    const present = jsonAt(draft, "/schedule");
    if (present !== undefined) others.current[kind] = present;
    setAsked(next);
    set("/schedule", scheduleFor(next, draft, others.current[next]));
  };
  return (
    <Card title={say("cardWhen")}>
      <div class="flex flex-col gap-3">
        <Choice
          label={say("whenKind")}
          value={kind}
          options={KINDS.map((one) => ({ value: one, label: say(`when_${one}`) }))}
          onChange={choose}
        />
        <p class="text-xs text-muted">{say(`when_${kind}_about`)}</p>
        <KindFields kind={kind} />
        {(kind === "every" || kind === "daily" || kind === "cron") && <CalendarUse />}
        {kind !== "at" && kind !== "manual" && <More kind={kind} />}
      </div>
    </Card>
  );
}

function KindFields({ kind }: { readonly kind: Kind }) {
  const say = useStrings(formStrings);
  const list = useId();
  const lengths = (
    <datalist id={list}>
      {LENGTHS.map((length) => (
        <option key={length} value={length} />
      ))}
    </datalist>
  );
  switch (kind) {
    case "every":
      return (
        <div class="grid gap-3 sm:grid-cols-2">
          <TextAt
            at="/schedule/every"
            label={say("every")}
            hint={say("length")}
            list={list}
            isRequired
          />
          <ZoneField hint={say("zoneOfEvery")} />
          {lengths}
        </div>
      );
    case "after":
      return (
        <>
          <TextAt
            at="/schedule/delay"
            label={say("delay")}
            hint={say("length")}
            list={list}
            isRequired
          />
          {lengths}
        </>
      );
    case "at":
      return <InstantAt at="/schedule/at" label={say("when_at")} isRequired />;
    case "daily":
      return (
        <>
          <DailyFields />
          <ZoneField />
        </>
      );
    case "cron":
      return <CronFields />;
    case "manual":
      return null;
    default:
      return null;
  }
}

function CronFields() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const dialect = textIn(draft, "/schedule/dialect") === "quartz" ? "quartz" : "standard";
  return (
    <div class="grid gap-3 sm:grid-cols-2">
      <TextAt at="/schedule/cron" label="Cron" hint={say(`cron_${dialect}`)} isRequired />
      <SelectAt
        at="/schedule/dialect"
        label={say("dialect")}
        usual="standard"
        options={[
          { value: "standard", label: say("dialect_standard") },
          { value: "quartz", label: say("dialect_quartz") },
        ]}
      />
      <ZoneField />
    </div>
  );
}

function ZoneField({ hint }: { readonly hint?: string }) {
  const say = useStrings(formStrings);
  const list = useId();
  return (
    <>
      <TextAt
        at="/schedule/timezone"
        label={say("zone")}
        hint={hint ?? say("zoneAbout")}
        list={list}
        isRequired
      />
      <datalist id={list}>
        {[zoneNow(), "UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

/** What most schedules leave as it is. */
function More({ kind }: { readonly kind: Kind }) {
  const say = useStrings(formStrings);
  const isCron = kind === "cron" || kind === "daily";
  return (
    <details>
      <summary class="cursor-pointer text-muted">{say("more")}</summary>
      <div class="mt-2 grid gap-3 sm:grid-cols-2">
        <InstantAt at="/schedule/startAt" label={say("startAt")} whenEmpty={null} />
        <InstantAt at="/schedule/endAt" label={say("endAt")} whenEmpty={null} />
        <NumberAt
          at="/schedule/ticksMax"
          label={say("ticksMax")}
          hint={say("ticksMaxAbout")}
          min={1}
          whenEmpty={null}
        />
        {kind !== "after" && (
          <TextAt
            at="/schedule/jitter"
            label={say("jitter")}
            hint={say("jitterAbout")}
            placeholder="0s"
          />
        )}
        {kind === "every" && <InstantAt at="/schedule/anchor" label={say("anchor")} />}
        {isCron && (
          <>
            <SelectAt
              at="/schedule/dst/gap"
              label={say("gap")}
              usual="shift"
              options={[
                { value: "shift", label: say("gap_shift") },
                { value: "skip", label: say("gap_skip") },
              ]}
            />
            <SelectAt
              at="/schedule/dst/fold"
              label={say("fold")}
              usual="first"
              options={(["first", "last", "both"] as const).map((value) => ({
                value,
                label: say(`fold_${value}`),
              }))}
            />
          </>
        )}
      </div>
    </details>
  );
}

/** A pattern that says "daily at" is shown as such, unless somebody asked for the pattern. */
function kindOf(draft: JsonObject, asked: Kind | null): Kind {
  const said = textIn(draft, "/schedule/kind");
  if (said !== "cron") return KINDS.find((known) => known === said) ?? "manual";
  const canBeDaily = dailyOf(draft) !== null;
  if (asked === "cron" || !canBeDaily) return "cron";
  return "daily";
}

function scheduleFor(kind: Kind, draft: JsonObject, former: Json | undefined): Json {
  if (kind === "manual") return { kind: "manual" };
  if (former !== undefined && kind !== "daily" && kind !== "cron") return former;
  if (kind === "at") return { kind: "at", at: new Date(nextHourMs()).toISOString() };
  const present = jsonAt(draft, "/schedule");
  const shared = sharedOf(present, kind);
  if (kind === "after") return { kind, delay: "1m", ...shared };
  if (kind === "every") return { kind, every: "5m", timezone: zoneNow(), ...shared };
  return cronFor(kind, draft, former ?? { kind: "cron", timezone: zoneNow(), ...shared });
}

/** Daily and Cron write the same pattern, as long as Daily can say it. */
function cronFor(kind: "daily" | "cron", draft: JsonObject, fallback: Json): Json {
  const isCron = textIn(draft, "/schedule/kind") === "cron";
  const schedule = (isCron ? jsonAt(draft, "/schedule") : undefined) ?? fallback;
  const isSaid = kind === "cron" && textIn({ schedule }, "/schedule/cron") !== "";
  if (isSaid || dailyOf({ schedule }) !== null) return schedule;
  const standard = withJsonAt({ schedule }, "/schedule/dialect", "standard");
  return jsonAt(withJsonAt(standard, "/schedule/cron", DEFAULT_CRON), "/schedule") ?? schedule;
}

function sharedOf(present: Json | undefined, kind: Kind): JsonObject {
  const keys = kind === "after" ? SHARED.slice(3) : SHARED;
  const pairs = keys.flatMap((key): [string, Json][] => {
    const value = jsonAt(present, `/${key}`);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(pairs);
}

function nextHourMs(): number {
  return Math.ceil((Date.now() + HOUR_MS / 2) / HOUR_MS) * HOUR_MS;
}
