import { usePages } from "../../api/use-api.ts";
import type { HistoryJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Card, Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { DiffView } from "./diff-view.tsx";
import { prettyJson } from "./json-text.ts";
import { workflowStrings } from "./strings.ts";

const PAGE = 50;
const REFUSED_STATUS_MIN = 400;

/** What was done to a workflow, by whom, and what it changed. */
export function WorkflowHistory({ name }: { readonly name: string }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const path = `/history/workflow/${encodeURIComponent(name)}?limit=${PAGE}`;
  const list = usePages<HistoryJson>(path);
  const columns: readonly Column<HistoryJson>[] = [
    { key: "when", title: say("when"), cell: ({ at }) => <Time at={at} as="both" /> },
    { key: "who", title: say("who"), cell: ({ actor }) => actor.name },
    {
      key: "what",
      title: say("what"),
      cell: ({ action, status }) => (
        <>
          <code>{action}</code>
          {status >= REFUSED_STATUS_MIN && (
            <span class="ml-2 text-bad">{say("refused", { status })}</span>
          )}
        </>
      ),
    },
    { key: "changed", title: say("changed"), cell: (entry) => <Changed entry={entry} /> },
  ];
  return (
    <Card title={say("history")}>
      <Loaded of={list}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title={say("noHistory")} />
          ) : (
            <Table
              caption={say("history")}
              columns={columns}
              rows={entries}
              idOf={({ seq }) => String(seq)}
            />
          )
        }
      </Loaded>
      {list.hasMore && (
        <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
          {sayKit("more")}
        </Button>
      )}
    </Card>
  );
}

function Changed({ entry: { changed, before, after } }: { readonly entry: HistoryJson }) {
  const say = useStrings(workflowStrings);
  if (changed.length === 0) return <span class="text-muted">–</span>;
  return (
    <details class="min-w-48">
      <summary class="cursor-pointer text-xs break-all">
        <code>{changed.join(" ")}</code>
      </summary>
      <div class="mt-1 max-w-[60rem]" aria-label={say("details")}>
        <DiffView
          before={before === null ? "" : prettyJson(before)}
          after={after === null ? "" : prettyJson(after)}
        />
      </div>
    </details>
  );
}
