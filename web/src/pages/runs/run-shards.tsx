import { useState } from "preact/compat";
import type { RunJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Span, useNow } from "../../kit/time.tsx";
import { NodeText } from "./node-text.tsx";
import { durationMsOf, FAILED_STATES } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

/** The shards of a sharded run, by their index. */
export function RunShards({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const sayKit = useStrings(kitStrings);
  const [isFailedOnly, setFailedOnly] = useState(false);
  const query = isFailedOnly ? `?state=${FAILED_STATES.join(",")}` : "";
  const shards = usePages<RunJson>(`/runs/${run.id}/shards${query}`, {
    topics: ["runs"],
    isKept: true,
  });
  const columns = useColumns();
  const choices = [
    { isHere: !isFailedOnly, label: say("shardsAll"), set: false },
    { isHere: isFailedOnly, label: say("shardsFailed"), set: true },
  ];
  return (
    <Card
      title={say("shardsTitle")}
      actions={choices.map(({ isHere, label, set }) => (
        <Button key={label} look="quiet" aria-pressed={isHere} onClick={() => setFailedOnly(set)}>
          <span class={isHere ? "font-semibold text-accent" : ""}>{label}</span>
        </Button>
      ))}
    >
      <Counts run={run} />
      <Loaded of={shards}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="py-2 text-muted">{say("noShards")}</p>
          ) : (
            <Table
              caption={say("shardsCaption")}
              columns={columns}
              rows={rows}
              idOf={({ id }) => id}
              isDense
            />
          )
        }
      </Loaded>
      {shards.hasMore && (
        <Button disabled={shards.isLoadingMore} onClick={() => shards.more()}>
          {sayKit("more")}
        </Button>
      )}
    </Card>
  );
}

function Counts({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  if (run.shards === null) return null;
  const { total, succeeded, failed, canceled } = run.shards;
  const open = total - succeeded - failed - canceled;
  return (
    <p class="mb-2">
      <TextLink href={`/runs?trigger=shard&parent=${run.id}`}>
        {say("shardsCounts", { succeeded, failed, canceled, open })}
      </TextLink>
    </p>
  );
}

function useColumns(): readonly Column<RunJson>[] {
  const say = useStrings(runStrings);
  return [
    {
      key: "shard",
      title: say("shard"),
      cell: ({ id, shard }) => (
        <TextLink href={`/runs/${id}`}>
          {(shard?.index ?? 0) + 1} / {shard?.total ?? "–"}
        </TextLink>
      ),
    },
    { key: "state", title: say("state"), cell: ({ state }) => <Status state={state} /> },
    { key: "took", title: say("duration"), isNumber: true, cell: (one) => <Took run={one} /> },
    { key: "node", title: say("node"), cell: ({ node }) => <NodeText node={node} /> },
    {
      key: "error",
      title: say("error"),
      cell: ({ error }) => (
        <span class="line-clamp-2 text-xs break-all text-bad" title={error?.message ?? ""}>
          {error?.message}
        </span>
      ),
    },
  ];
}

function Took({ run }: { readonly run: RunJson }) {
  const nowMs = useNow();
  return <Span ms={durationMsOf(run, nowMs)} />;
}
