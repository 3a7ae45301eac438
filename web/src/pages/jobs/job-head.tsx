import { ChevronDown } from "lucide-react";
import { useState } from "preact/compat";
import { useLocation } from "wouter";
import type { JobFullJson, RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { Card, Facts } from "../../kit/layout.tsx";
import { Menu } from "../../kit/menu.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { instantText, Time } from "../../kit/time.tsx";
import { toast } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { useZone } from "../../shell/zone.ts";
import { withFilters } from "../../url/filters.ts";
import { curlOf, jobHref, jobPath } from "./copy-as-curl.ts";
import { EnabledSwitch } from "./enabled-switch.tsx";
import { definitionOf } from "./job-definition.ts";
import { jobStrings } from "./job-strings.ts";
import { NextFire } from "./next-fire.tsx";
import { keepAfterAll, usePendingDeletes } from "./pending-deletes.ts";
import { RunDialog, type RunHow } from "./run-dialog.tsx";
import { RunningBadge } from "./running-badge.tsx";
import { useScheduleWords, zoneOfSchedule } from "./schedule-words.ts";
import { jobsStrings } from "./strings.ts";
import { useJobActions } from "./use-job-actions.ts";

const LIVE: ReadonlySet<string> = new Set(["waiting", "dispatching", "running", "retrying"]);

/** What can be done to this job. */
export function JobActionsBar({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const actions = useJobActions();
  const [, navigate] = useLocation();
  const isLeaving = usePendingDeletes().has(job.name);
  const copyCurl = async (): Promise<void> => {
    await navigator.clipboard.writeText(curlOf("PUT", jobPath(job.name), definitionOf(job)));
    toast(sayKit("copied"));
  };
  if (isLeaving)
    return (
      <>
        <span class="self-center text-warn">{say("leaving")}</span>
        <Button onClick={() => keepAfterAll(job.name)}>{sayKit("undo")}</Button>
      </>
    );
  const remove = (): void => {
    actions.remove(job.name);
    navigate("/jobs");
  };
  return (
    <>
      <EnabledSwitch job={job} />
      {mayRun && <RunMenu job={job} />}
      {mayEdit && <ButtonLink href={jobHref(job.name, "/edit")}>{say("edit")}</ButtonLink>}
      {mayEdit && (
        <ButtonLink href={withFilters("/jobs/new", { copy: job.name })}>
          {say("duplicate")}
        </ButtonLink>
      )}
      <Button onClick={() => void copyCurl()}>{say("copyCurl")}</Button>
      {mayEdit && (
        <Button look="danger" onClick={remove}>
          {sayKit("delete")}
        </Button>
      )}
    </>
  );
}

/** Runs the job at once, or asks how first. */
function RunMenu({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const actions = useJobActions();
  const [how, setHow] = useState<RunHow | null>(null);
  const hows: readonly RunHow[] =
    job.target.kind === "executor" ? ["params", "node", "later"] : ["params", "later"];
  return (
    <span class="flex">
      <Button look="primary" onClick={() => actions.run(job.name)}>
        {sayJobs("runNow")}
      </Button>
      <Menu
        label={say("runHow")}
        trigger={<ChevronDown size={16} aria-hidden="true" />}
        items={hows.map((one) => ({ label: say(`run_${one}`), onSelect: () => setHow(one) }))}
      />
      {how !== null && <RunDialog job={job} how={how} onClose={() => setHow(null)} />}
    </span>
  );
}

/** What the job calls, and when next: in its own zone and in that of the pages. */
export function JobHead({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const wordsOf = useScheduleWords();
  const active = job.lastRuns.find(({ state }) => LIVE.has(state));
  return (
    <Card class="mb-4">
      {job.description !== "" && <p class="mb-3 max-w-3xl break-words">{job.description}</p>}
      <Facts
        items={[
          [sayJobs("colNext"), <NextBoth key="next" job={job} />],
          [sayJobs("colSchedule"), wordsOf(job.schedule)],
          [say("calls"), <Target key="target" job={job} />],
          [say("lastRun"), <LastRun key="last" run={job.lastRun} />],
          ...(active === undefined
            ? []
            : [[say("now"), <RunningBadge key="now" active={active} />] as const]),
          ...(job.pause === null
            ? []
            : [[say("pausedFor"), <Paused key="pause" job={job} />] as const]),
          ...(job.owner === "" ? [] : [[sayJobs("colOwner"), job.owner] as const]),
        ]}
      />
    </Card>
  );
}

function NextBoth({ job }: { readonly job: JobFullJson }) {
  const pageZone = useZone();
  const ownZone = zoneOfSchedule(job.schedule);
  const { nextTick } = job;
  if (nextTick === null) return <NextFire job={job} />;
  const zones = [...new Set([ownZone ?? pageZone, pageZone])];
  return (
    <>
      <NextFire job={job} />
      {zones.map((zone) => (
        <span key={zone} class="block text-xs text-muted tabular-nums">
          {instantText(nextTick, zone)} {zone}
        </span>
      ))}
    </>
  );
}

function Paused({ job: { pause } }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  if (pause === null) return null;
  return (
    <>
      {pause.reason ?? say("noReason")}
      <span class="block text-xs text-muted">
        {say("since")} <Time at={pause.since} />
      </span>
    </>
  );
}

function LastRun({ run }: { readonly run: RunJson | null }) {
  const say = useStrings(kitStrings);
  if (run === null) return <span class="text-muted">{say("noRuns")}</span>;
  return (
    <TextLink href={`/runs/${run.id}`}>
      <Status state={run.state} /> <Time at={run.endedAt ?? run.createdAt} as="relative" />
    </TextLink>
  );
}

/** What is called, in a few words. */
function Target({ job: { target } }: { readonly job: JobFullJson }) {
  if (target.kind === "webhook")
    return (
      <code class="text-xs break-all">
        {target.method} {target.url}
      </code>
    );
  if (target.kind === "workflow")
    return (
      <TextLink href={`/workflows/${encodeURIComponent(target.workflow)}`}>
        {target.workflow}
      </TextLink>
    );
  return (
    <>
      <TextLink href={`/executors/${encodeURIComponent(target.executor)}`}>
        {target.executor}
      </TextLink>{" "}
      <code class="text-xs break-all">{target.handler}</code>
    </>
  );
}
