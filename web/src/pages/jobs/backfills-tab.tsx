import { useState } from "preact/compat";
import type { BackfillJson } from "../../../../src/api/backfill-json.ts";
import type { JobFullJson } from "../../api/shapes.ts";
import { useChange, usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Progress } from "../../kit/bar.tsx";
import { Button, TextLink } from "../../kit/button.tsx";
import { Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { withFilters } from "../../url/filters.ts";
import { BackfillDialog } from "./backfill-dialog.tsx";
import { jobPath } from "./copy-as-curl.ts";
import { jobStrings } from "./job-strings.ts";
import { MoreButton } from "./runs-tab.tsx";
import { jobsStrings } from "./strings.ts";

const EVERY_MS = 3_000;

/** Ranges of the past whose ticks are run again. */
export function BackfillsTab({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const mayRun = useMay("operator");
  const [isMaking, setMaking] = useState(false);
  const backfills = usePages<BackfillJson>(jobPath(job.name, "/backfills"), { everyMs: EVERY_MS });
  const canRun = mayRun && job.schedule.kind !== "manual" && job.schedule.kind !== "after";
  const make = canRun && (
    <Button look="primary" onClick={() => setMaking(true)}>
      {say("newBackfill")}
    </Button>
  );
  return (
    <>
      <Loaded of={backfills}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say("noBackfills")}>
              <p class="mb-3">{canRun ? say("noBackfillsAbout") : say("noBackfillsHere")}</p>
              {make}
            </Empty>
          ) : (
            <>
              <p class="mb-2">{make}</p>
              <BackfillTable backfills={items} />
            </>
          )
        }
      </Loaded>
      {backfills.hasMore && (
        <MoreButton isLoading={backfills.isLoadingMore} more={() => backfills.more()} />
      )}
      {isMaking && <BackfillDialog job={job} onClose={() => setMaking(false)} />}
    </>
  );
}

function BackfillTable({ backfills }: { readonly backfills: readonly BackfillJson[] }) {
  const say = useStrings(jobStrings);
  const sayKit = useStrings(kitStrings);
  const columns: readonly Column<BackfillJson>[] = [
    {
      key: "range",
      title: say("range"),
      cell: (backfill) => (
        <TextLink
          href={withFilters("/runs", { job: backfill.job, backfill: backfill.id })}
          class="tabular-nums"
        >
          <Time at={backfill.from} /> – <Time at={backfill.to} />
        </TextLink>
      ),
    },
    {
      key: "state",
      title: say("state"),
      cell: ({ state }) =>
        state === "completed" ? (
          <span class="text-ok">✓ {say("completed")}</span>
        ) : (
          <Status state={state} />
        ),
    },
    { key: "progress", title: say("progress"), cell: (one) => <HowFar backfill={one} /> },
    {
      key: "ended",
      title: say("outcomes"),
      cell: (one) => (
        <span class="text-xs whitespace-nowrap">
          {sayKit("succeeded")} {one.succeeded} · {sayKit("failed")} {one.failed} ·{" "}
          {sayKit("canceled")} {one.canceled} · {sayKit("skipped")} {one.skipped}
        </span>
      ),
    },
    {
      key: "rate",
      title: say("rate"),
      isWideOnly: true,
      cell: (one) => `${say("perMinute", { count: one.rate })} · ${say(`overlap_${one.overlap}`)}`,
    },
    { key: "act", title: "", cell: (one) => <BackfillActs backfill={one} /> },
  ];
  return (
    <Table
      caption={say("tab_backfills")}
      columns={columns}
      rows={backfills}
      idOf={({ id }) => id}
    />
  );
}

function HowFar({ backfill }: { readonly backfill: BackfillJson }) {
  const say = useStrings(jobStrings);
  const { made, skipped, total, live } = backfill;
  const done = made + skipped;
  return (
    <div class="w-40">
      <Progress percent={total === 0 ? 100 : (100 * done) / total} label={say("progress")} />
      <span class="text-xs text-muted tabular-nums">
        {done}/{total} {live > 0 && `· ${say("liveRuns", { count: live })}`}
      </span>
    </div>
  );
}

function BackfillActs({ backfill }: { readonly backfill: BackfillJson }) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const mayRun = useMay("operator");
  const base = jobPath(backfill.job, `/backfills/${backfill.id}`);
  const act = useChange<"pause" | "resume" | "cancel", BackfillJson>((what) =>
    what === "cancel"
      ? { method: "DELETE", path: base }
      : { method: "POST", path: `${base}/${what}`, body: {} },
  );
  const { state } = backfill;
  if (!mayRun || state === "completed" || state === "canceled") return null;
  const doIt = (what: "pause" | "resume" | "cancel") => (): void => {
    act.send(what).catch(toastFailure);
  };
  return (
    <span class="flex gap-1">
      {state === "running" ? (
        <Button onClick={doIt("pause")}>{sayJobs("pause")}</Button>
      ) : (
        <Button onClick={doIt("resume")}>{sayJobs("resume")}</Button>
      )}
      <Button look="danger" onClick={doIt("cancel")}>
        {say("cancelBackfill")}
      </Button>
    </span>
  );
}
