import { CirclePlay, Pause, Play, SquareArrowOutUpRight } from "lucide-react";
import type { ComponentChildren } from "preact";
import { Link } from "wouter";
import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { RunStrip } from "../../kit/run-strip.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import type { Column } from "../../kit/table.tsx";
import { Span } from "../../kit/time.tsx";
import { useMay } from "../../shell/me.ts";
import { withFilters } from "../../url/filters.ts";
import { jobHref } from "./copy-as-curl.ts";
import { JobMenu } from "./job-menu.tsx";
import { NextFire } from "./next-fire.tsx";
import { keepAfterAll, usePendingDeletes } from "./pending-deletes.ts";
import { RunningBadge } from "./running-badge.tsx";
import { codeOf, useScheduleWords, zoneOfSchedule } from "./schedule-words.ts";
import { jobsStrings } from "./strings.ts";
import type { JobActions } from "./use-job-actions.ts";
import type { JobStats } from "./use-job-stats.ts";

interface ColumnsInput {
  readonly stats: JobStats;
  readonly actions: JobActions;
  readonly gone: ReadonlySet<string>;
  readonly exportOne: (job: JobJson) => void;
}

/** The columns of the list of jobs. */
export function useJobColumns(input: ColumnsInput): readonly Column<JobJson>[] {
  const say = useStrings(jobsStrings);
  const { stats } = input;
  const statOf = (job: JobJson) => stats.byJob.get(job.name);
  return [
    { key: "name", title: say("colName"), cell: (job) => <NameCell job={job} {...input} /> },
    { key: "act", title: say("colAct"), cell: (job) => <ActCell job={job} {...input} /> },
    {
      key: "state",
      title: say("colState"),
      isWideOnly: true,
      cell: (job) => <StateCell job={job} {...input} />,
    },
    {
      key: "next",
      title: say("colNext"),
      isWideOnly: true,
      cell: (job) => (input.gone.has(job.name) ? "–" : <NextFire job={job} />),
    },
    {
      key: "schedule",
      title: say("colSchedule"),
      isWideOnly: true,
      cell: (job) => <ScheduleCell schedule={job.schedule} />,
    },
    {
      key: "runs",
      title: say("colRuns"),
      isWideOnly: true,
      cell: (job) => (
        <div class="min-w-36 whitespace-nowrap">
          {stats.isLoaded ? <RunStrip job={job.name} runs={statOf(job)?.runs ?? []} /> : "–"}
          <TimeCell job={job} {...input} />
        </div>
      ),
    },
    {
      key: "owner",
      title: say("colOwnerTags"),
      isWideOnly: true,
      cell: (job) => (
        <>
          {job.owner}
          <Tags of={job} />
        </>
      ),
    },
  ];
}

interface CellProps extends ColumnsInput {
  readonly job: JobJson;
}

function NameCell(props: CellProps) {
  const { job, gone } = props;
  const say = useStrings(jobsStrings);
  return (
    <div class="max-w-36 min-w-28 sm:max-w-56">
      <TextLink href={jobHref(job.name)} class="font-medium break-words">
        {job.name}
      </TextLink>
      {gone.has(job.name) && <span class="ml-1 text-xs text-warn">({say("notListed")})</span>}
      {job.description !== "" && (
        <p class="truncate text-xs text-muted" title={job.description}>
          {job.description}
        </p>
      )}
      <div class="mt-1 text-xs md:hidden">
        <StateCell {...props} />
        {!gone.has(job.name) && <NextFire job={job} />}
      </div>
    </div>
  );
}

function StateCell({ job, stats, gone }: CellProps) {
  // What is not listed any more is not loaded any more either.
  if (gone.has(job.name)) return <>–</>;
  const active = stats.byJob.get(job.name)?.active ?? null;
  return (
    <span class="flex flex-wrap items-center gap-1">
      <Status state={job.state} />
      {active !== null && <RunningBadge active={active} />}
    </span>
  );
}

/** What is done most: run, pause or resume, see the last run. A job about to be deleted offers to be kept. */
function ActCell({ job, stats, actions, gone, exportOne }: CellProps) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  const mayRun = useMay("operator");
  const isLeaving = usePendingDeletes().has(job.name);
  const last = stats.byJob.get(job.name)?.runs[0];
  if (isLeaving)
    return (
      <span class="flex items-center gap-2 whitespace-nowrap text-warn">
        {say("leaving")}
        <Button onClick={() => keepAfterAll(job.name)}>{sayKit("undo")}</Button>
      </span>
    );
  if (gone.has(job.name)) return null;
  return (
    <span class="flex gap-1">
      {mayRun && (
        <RowButton
          label={say("runNow")}
          name={job.name}
          icon={<Play size={14} />}
          onClick={() => actions.run(job.name)}
        />
      )}
      {mayRun && job.state === "active" && (
        <RowButton
          label={say("pause")}
          name={job.name}
          icon={<Pause size={14} />}
          onClick={() => actions.pause(job.name)}
        />
      )}
      {mayRun && job.state === "paused" && (
        <RowButton
          label={say("resume")}
          name={job.name}
          icon={<CirclePlay size={14} />}
          onClick={() => actions.resume(job.name)}
        />
      )}
      {last !== undefined && (
        <ButtonLink href={`/runs/${last.id}`}>
          <SquareArrowOutUpRight size={14} aria-hidden="true" />
          <span class="sr-only">
            {say("lastRun")}: {job.name}
          </span>
          <span aria-hidden="true" class="hidden 2xl:inline">
            {say("lastRun")}
          </span>
        </ButtonLink>
      )}
      <JobMenu job={job} actions={actions} exportOne={exportOne} />
    </span>
  );
}

function RowButton(props: {
  readonly label: string;
  readonly name: string;
  readonly icon: ComponentChildren;
  readonly onClick: () => void;
}) {
  return (
    <Button
      title={props.label}
      aria-label={`${props.label}: ${props.name}`}
      onClick={props.onClick}
    >
      <span aria-hidden="true">{props.icon}</span>
      <span class="hidden 2xl:inline">{props.label}</span>
    </Button>
  );
}

function TimeCell({ job, stats }: CellProps) {
  const stat = stats.byJob.get(job.name);
  if (typeof stat?.p50Ms !== "number") return null;
  return (
    <Link
      href={withFilters("/runs", { job: job.name })}
      class="block text-xs text-muted hover:underline"
    >
      <Span ms={stat.p50Ms} /> / <Span ms={stat.p95Ms} />
    </Link>
  );
}

function ScheduleCell({ schedule }: { readonly schedule: JobJson["schedule"] }) {
  const wordsOf = useScheduleWords();
  const zone = zoneOfSchedule(schedule);
  const isZoned = schedule.kind === "cron" && zone !== null;
  return (
    <div
      class="max-w-56 min-w-36"
      title={isZoned ? `${codeOf(schedule)} (${schedule.dialect}, ${zone})` : codeOf(schedule)}
    >
      {wordsOf(schedule)}
      {isZoned && <span class="block text-xs text-muted">{zone}</span>}
    </div>
  );
}

function Tags({ of }: { readonly of: JobJson }) {
  const say = useStrings(jobsStrings);
  return (
    <span class="flex max-w-36 flex-wrap gap-1">
      {of.tags.map((tag) => (
        <Link
          key={tag}
          href={withFilters("/jobs", { tag })}
          aria-label={say("onlyTag", { tag })}
          class="rounded bg-hover px-1.5 py-0.5 text-xs text-muted hover:text-text"
        >
          {tag}
        </Link>
      ))}
    </span>
  );
}
