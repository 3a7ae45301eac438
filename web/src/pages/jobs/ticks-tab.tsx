import { useMemo, useState } from "preact/compat";
import type { JobFullJson, TickJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Field, Select } from "../../kit/field.tsx";
import { Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { instantText, Span, Time } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { jobPath } from "./copy-as-curl.ts";
import { ExplainDialog } from "./explain-dialog.tsx";
import { jobStrings } from "./job-strings.ts";
import { MoreButton } from "./runs-tab.tsx";
import { zoneOfSchedule } from "./schedule-words.ts";

const HOUR_MS = 3_600_000;
const RANGES = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS };
type Range = keyof typeof RANGES;
const RANGE_KEYS: readonly Range[] = ["1h", "24h", "7d", "30d"];

const idOf = (tick: TickJson): string => `${tick.nominalAt} ${tick.disposition}`;

/** What became of each tick: the ledger, oldest first, so that new ones come below. */
export function TicksTab({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const [filters, change] = useFilters();
  const range = RANGE_KEYS.find((key) => key === filters["range"]) ?? "1h";
  const from = useMemo(() => new Date(Date.now() - RANGES[range]).toISOString(), [range]);
  const ticks = usePages<TickJson>(withFilters(jobPath(job.name, "/ticks"), { from }), {
    topics: ["runs"],
  });
  const [asked, setAsked] = useState<string | null>(null);
  return (
    <>
      <div class="mb-3 flex flex-wrap items-end gap-3">
        <Field label={say("range")}>
          {(control) => (
            <Select
              {...control}
              value={range}
              options={RANGE_KEYS.map((key) => ({ value: key, label: say(`range_${key}`) }))}
              onChange={(event) => change({ range: event.currentTarget.value })}
            />
          )}
        </Field>
        <p class="max-w-2xl text-xs text-muted">{say("ticksAbout")}</p>
      </div>
      <Loaded of={ticks}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say("noTicks")}>{say("noTicksAbout")}</Empty>
          ) : (
            <TickTable ticks={items} job={job} explain={setAsked} />
          )
        }
      </Loaded>
      {ticks.hasMore && <MoreButton isLoading={ticks.isLoadingMore} more={() => ticks.more()} />}
      {asked !== null && (
        <ExplainDialog job={job.name} nominal={asked} onClose={() => setAsked(null)} />
      )}
    </>
  );
}

function TickTable(props: {
  readonly ticks: readonly TickJson[];
  readonly job: JobFullJson;
  readonly explain: (nominal: string) => void;
}) {
  const say = useStrings(jobStrings);
  const pageZone = useZone();
  const zone = zoneOfSchedule(props.job.schedule) ?? pageZone;
  const columns: readonly Column<TickJson>[] = [
    {
      key: "at",
      title: `${say("nominal")} (${zone})`,
      cell: (tick) => (
        <button
          type="button"
          class="text-left text-accent tabular-nums hover:underline"
          title={say("explain")}
          onClick={() => props.explain(tick.nominalAt)}
        >
          {instantText(tick.nominalAt, zone)}
          {tick.to !== undefined && <> – {instantText(tick.to, zone)}</>}
        </button>
      ),
    },
    {
      key: "fate",
      title: say("fate"),
      cell: (tick) => (
        <span class="whitespace-nowrap">
          <Status state={tick.disposition} />
          {tick.count !== undefined && ` ×${tick.count}`}
        </span>
      ),
    },
    {
      key: "why",
      title: say("why"),
      cell: (tick) => (
        <>
          {tick.reason !== undefined && say(`reason_${tick.reason}`)}
          {tick.into !== undefined && (
            <>
              {" "}
              {say("into")} <Time at={tick.into} zone={zone} />
            </>
          )}
        </>
      ),
    },
    {
      key: "run",
      title: say("run"),
      cell: ({ run }) =>
        run !== undefined && <TextLink href={`/runs/${run}`}>{say("showRun")}</TextLink>,
    },
    { key: "lag", title: say("lag"), isNumber: true, cell: ({ lagMs }) => <Span ms={lagMs} /> },
  ];
  return <Table caption={say("tab_ticks")} columns={columns} rows={props.ticks} idOf={idOf} />;
}
