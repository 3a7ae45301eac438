import { useState } from "preact/compat";
import type { BackfillJson } from "../../../../src/api/backfill-json.ts";
import type { SimulationJson } from "../../../../src/api/simulate-schema.ts";
import type { Problem } from "../../api/problem.ts";
import type { JobFullJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { faultAt, Field, Select, TextInput } from "../../kit/field.tsx";
import { spanText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { jobPath } from "./copy-as-curl.ts";
import { DialogForm } from "./dialog-form.tsx";
import { jobStrings } from "./job-strings.ts";
import { zoneOfSchedule } from "./schedule-words.ts";
import { usePosted } from "./use-posted.ts";
import { instantOfLocal } from "../../kit/zoned-time.ts";

const OVERLAPS = ["buffer_all", "skip", "allow"] as const;
const RATE = { least: 1, usual: 60, most: 6_000 } as const;
const MINUTE_MS = 60_000;

/** Asks which past range of a job to run again, and says first how many ticks that would be. */
export function BackfillDialog(props: { readonly job: JobFullJson; readonly onClose: () => void }) {
  const { job, onClose } = props;
  const say = useStrings(jobStrings);
  const pageZone = useZone();
  const zone = zoneOfSchedule(job.schedule) ?? pageZone;
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [overlap, setOverlap] = useState<string>("buffer_all");
  const [rate, setRate] = useState<number>(RATE.usual);
  const range = { from: instantOfLocal(from, zone), to: instantOfLocal(to, zone) };
  const isWhole = range.from !== null && range.to !== null && range.from < range.to;
  const counted = usePosted<SimulationJson>(
    "/schedules/simulate",
    isWhole ? { job: job.name, ...range } : null,
  );
  const make = useChange<void, BackfillJson>(() => ({
    method: "POST",
    path: jobPath(job.name, "/backfills"),
    body: { ...range, overlap, rate },
  }));
  return (
    <Dialog title={say("newBackfill")} about={say("noBackfillsAbout")} isOpen onClose={onClose}>
      <DialogForm
        problem={make.problem}
        go={say("newBackfill")}
        send={() => make.send()}
        onDone={onClose}
        isDisabled={!isWhole}
      >
        <div class="grid gap-3 sm:grid-cols-2">
          <LocalTime
            label={say("from")}
            value={from}
            onChange={setFrom}
            zone={zone}
            fault={faultAt(make.problem, "/from")}
          />
          <LocalTime
            label={say("to")}
            value={to}
            onChange={setTo}
            zone={zone}
            fault={faultAt(make.problem, "/to")}
          />
          <Pace overlap={overlap} setOverlap={setOverlap} rate={rate} setRate={setRate} />
        </div>
        {isWhole && <Count counted={counted} rate={rate} />}
      </DialogForm>
    </Dialog>
  );
}

function Pace(props: {
  readonly overlap: string;
  readonly setOverlap: (overlap: string) => void;
  readonly rate: number;
  readonly setRate: (rate: number) => void;
}) {
  const say = useStrings(jobStrings);
  const { overlap, setOverlap, rate, setRate } = props;
  return (
    <>
      <Field label={say("overlap")} hint={say(`backfill_${overlapOf(overlap)}`)}>
        {(control) => (
          <Select
            {...control}
            value={overlap}
            options={OVERLAPS.map((one) => ({ value: one, label: say(`overlap_${one}`) }))}
            onChange={(event) => setOverlap(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={say("rate")}>
        {(control) => (
          <TextInput
            {...control}
            type="number"
            min={RATE.least}
            max={RATE.most}
            value={rate}
            onInput={(event) => setRate(Number(event.currentTarget.value))}
          />
        )}
      </Field>
    </>
  );
}

function Count(props: {
  readonly counted: { readonly data: SimulationJson | undefined; readonly problem: Problem | null };
  readonly rate: number;
}) {
  const say = useStrings(jobStrings);
  const { data, problem } = props.counted;
  if (problem !== null) return <p class="text-warn">{problem.message}</p>;
  if (data === undefined) return <p>…</p>;
  const count = data.ticks - (data.counts?.skipped.calendar ?? 0);
  const time = spanText((count / Math.max(1, props.rate)) * MINUTE_MS);
  return (
    <p role="status" class="font-medium">
      {say("willRun", { count, time })}
    </p>
  );
}

function LocalTime(props: {
  readonly label: string;
  readonly value: string;
  readonly zone: string;
  readonly fault: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const say = useStrings(jobStrings);
  return (
    <Field
      label={props.label}
      hint={say("inZone", { zone: props.zone })}
      fault={props.fault}
      isRequired
    >
      {(control) => (
        <TextInput
          {...control}
          type="datetime-local"
          value={props.value}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function overlapOf(text: string): (typeof OVERLAPS)[number] {
  return OVERLAPS.find((known) => known === text) ?? "buffer_all";
}
