import type { RunJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Span, Time } from "../../kit/time.tsx";
import { withFilters } from "../../url/filters.ts";
import { jobStrings } from "./job-strings.ts";
import { useSettledRows } from "./use-settled-rows.ts";

const idOf = (run: RunJson): string => run.id;

/** The runs of one job, newest first. The page of all runs has more filters. */
export function RunsTab({ job }: { readonly job: string }) {
  const say = useStrings(jobStrings);
  const path = withFilters("/runs", { job });
  const runs = usePages<RunJson>(path, { topics: ["runs"] });
  return (
    <>
      <p class="mb-2">
        <ButtonLink href={withFilters("/runs", { job })}>{say("allFilters")}</ButtonLink>
      </p>
      <Loaded of={runs}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say("noRuns")}>{say("noRunsAbout")}</Empty>
          ) : (
            <RunTable runs={items} path={path} />
          )
        }
      </Loaded>
      {runs.hasMore && <MoreButton isLoading={runs.isLoadingMore} more={() => runs.more()} />}
    </>
  );
}

function RunTable({ runs, path }: { readonly runs: readonly RunJson[]; readonly path: string }) {
  const say = useStrings(jobStrings);
  const sayKit = useStrings(kitStrings);
  const settled = useSettledRows(runs, idOf, path);
  const columns: readonly Column<RunJson>[] = [
    {
      key: "at",
      title: say("run"),
      cell: (run) => (
        <TextLink href={`/runs/${run.id}`}>
          <Time at={run.nominalAt} />
        </TextLink>
      ),
    },
    { key: "state", title: say("state"), cell: (run) => <Status state={run.state} /> },
    { key: "trigger", title: say("trigger"), cell: (run) => say(`trigger_${run.trigger.kind}`) },
    {
      key: "tries",
      title: say("attempts"),
      isNumber: true,
      cell: (run) => `${run.attempt}/${run.attemptsMax}`,
    },
    { key: "took", title: say("took"), isNumber: true, cell: (run) => <Span ms={tookMs(run)} /> },
    {
      key: "error",
      title: say("error"),
      isWideOnly: true,
      cell: (run) => (
        <span class="line-clamp-2 text-xs break-all text-bad">{run.error?.message}</span>
      ),
    },
  ];
  return (
    <>
      {settled.freshCount > 0 && (
        <p class="mb-2">
          <Button onClick={() => settled.settle()}>
            {sayKit("fresh", { count: settled.freshCount })} ↑
          </Button>
        </p>
      )}
      <Table caption={say("tab_runs")} columns={columns} rows={settled.rows} idOf={idOf} />
    </>
  );
}

/** Loads the next page of a list. */
export function MoreButton(props: { readonly isLoading: boolean; readonly more: () => void }) {
  const say = useStrings(kitStrings);
  return (
    <p class="mt-3">
      <Button disabled={props.isLoading} onClick={props.more}>
        {say("more")}
      </Button>
    </p>
  );
}

function tookMs({ startedAt, endedAt }: RunJson): number | null {
  return startedAt === null || endedAt === null
    ? null
    : Date.parse(endedAt) - Date.parse(startedAt);
}
