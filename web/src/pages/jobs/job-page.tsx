import type { ComponentChildren } from "preact";
import { useParams } from "wouter";
import type { JobFullJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { Tabs } from "../../kit/tabs.tsx";
import { useFilters } from "../../url/filters.ts";
import { BackfillsTab } from "./backfills-tab.tsx";
import { jobPath } from "./copy-as-curl.ts";
import { DefinitionTab } from "./definition-tab.tsx";
import { HistoryTab } from "./history-tab.tsx";
import { JobActionsBar, JobHead } from "./job-head.tsx";
import { jobStrings } from "./job-strings.ts";
import { OverviewTab } from "./overview-tab.tsx";
import { RunsTab } from "./runs-tab.tsx";
import { jobsStrings } from "./strings.ts";
import { TicksTab } from "./ticks-tab.tsx";

const TABS = ["overview", "runs", "ticks", "backfills", "definition", "history"] as const;
type Tab = (typeof TABS)[number];

/** One job: how it stands, what it did and will do, what it is, and who changed it. */
export function JobPage() {
  const say = useStrings(jobsStrings);
  const { job: name } = useParams<{ job: string }>();
  const read = useApi<JobFullJson>(jobPath(name), { topics: ["jobs", "runs"] });
  const job = read.data;
  return (
    <Page
      title={job?.name ?? name}
      path={[{ label: say("jobs"), href: "/jobs" }]}
      beside={job !== undefined && <Status state={job.state} />}
      actions={job !== undefined && <JobActionsBar job={job} />}
    >
      <Loaded of={read} lines={8}>
        {(shown) => (
          <>
            <JobHead job={shown} />
            <JobTabs key={shown.id} job={shown} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function JobTabs({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const [filters, change] = useFilters();
  const asked = filters["tab"] ?? "";
  const tab: Tab = TABS.find((known) => known === asked) ?? "overview";
  const contents: Readonly<Record<Tab, () => ComponentChildren>> = {
    overview: () => <OverviewTab job={job} />,
    runs: () => <RunsTab job={job.name} />,
    ticks: () => <TicksTab job={job} />,
    backfills: () => <BackfillsTab job={job} />,
    definition: () => <DefinitionTab job={job} />,
    history: () => <HistoryTab job={job} />,
  };
  return (
    <Tabs
      label={job.name}
      value={tab}
      onChange={(next) => change({ tab: next === "overview" ? "" : next })}
      tabs={TABS.map((value) => ({
        value,
        label: say(`tab_${value}`),
        content: contents[value],
      }))}
    />
  );
}
