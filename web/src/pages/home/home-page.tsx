import { useApi } from "../../api/use-api.ts";
import type { SummaryJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { ButtonLink } from "../../kit/button.tsx";
import { Card, Code, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { useMay } from "../../shell/me.ts";
import { Attention } from "./attention.tsx";
import { NextUp } from "./next-up.tsx";
import { RunningNow } from "./running-now.tsx";
import { RunsChart } from "./runs-chart.tsx";
import { SchedulerLine } from "./scheduler-line.tsx";
import { homeStrings } from "./strings.ts";
import { YearMap } from "./year-map.tsx";

const REFRESH_MS = 10_000;

/** The first page: is it alive, what fails, what runs, what fires next. */
export function HomePage() {
  const say = useStrings(homeStrings);
  const summary = useApi<SummaryJson>("/stats/summary", {
    topics: ["runs", "workflow-runs", "executors", "jobs"],
    everyMs: REFRESH_MS,
  });
  return (
    <Page title={say("title")}>
      <Loaded of={summary} lines={8}>
        {(data) => (
          <div class="flex flex-col gap-4">
            <SchedulerLine of={data} />
            {isUnused(data) ? <FirstSteps /> : <Overview of={data} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** No job has ever been here, as far as the records tell. */
function isUnused({ counts, scheduler, running }: SummaryJson): boolean {
  const { jobsActive, jobsPaused, succeeded24h, failed24h } = counts;
  const isCounted = scheduler.isRecordsReachable;
  return isCounted && jobsActive + jobsPaused + succeeded24h + failed24h + running.length === 0;
}

function Overview({ of }: { readonly of: SummaryJson }) {
  return (
    <>
      <div class="grid gap-4 lg:grid-cols-2">
        <Attention items={of.attention} />
        <div class="flex min-w-0 flex-col gap-4">
          <RunningNow items={of.running} />
          <NextUp items={of.next} />
        </div>
      </div>
      <RunsChart />
      <YearMap />
    </>
  );
}

function FirstSteps() {
  const say = useStrings(homeStrings);
  const mayEdit = useMay("editor");
  return (
    <Card>
      <Empty title={say("emptyTitle")}>
        <p class="mb-3">{say("emptyAbout")}</p>
        <div class="mb-4 text-left">
          <Code label={say("curl")} text={firstJobCurl(location.origin)} />
        </div>
        {mayEdit && (
          <div class="flex flex-wrap justify-center gap-2">
            <ButtonLink look="primary" href="/jobs/new">
              {say("newJob")}
            </ButtonLink>
            <ButtonLink href="/workflows/new">{say("newWorkflow")}</ButtonLink>
            <ButtonLink href="/executors/new">{say("newExecutor")}</ButtonLink>
          </div>
        )}
      </Empty>
    </Card>
  );
}

function firstJobCurl(origin: string): string {
  return `curl -X POST ${origin}/api/v1/jobs \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{"name":"hello","schedule":{"kind":"every","every":"1m"},
       "target":{"kind":"webhook","url":"https://example.com/hook"}}'`;
}
