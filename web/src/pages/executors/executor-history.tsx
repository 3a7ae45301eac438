import type { NodeEventJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { executorStrings } from "./strings.ts";

const EVENTS = [
  "registered",
  "online",
  "suspect",
  "offline",
  "left",
  "enabled",
  "disabled",
  "draining",
  "changed",
  "removed",
] as const;

function eventName(kind: string, say: ReturnType<typeof useStrings<`event_${Event}`>>): string {
  const known = EVENTS.find((event) => event === kind);
  return known === undefined ? kind : say(`event_${known}`);
}

type Event = (typeof EVENTS)[number];

/** What happened to the nodes: they came, fell silent, were disabled. */
export function NodeEvents({ of }: { readonly of: string }) {
  const say = useStrings(executorStrings);
  const sayKit = useStrings(kitStrings);
  const events = usePages<NodeEventJson>(`/executors/${encodeURIComponent(of)}/history`, {
    topics: ["executors"],
  });
  const columns: readonly Column<NodeEventJson>[] = [
    { key: "at", title: say("when"), cell: ({ at }) => <Time at={at} /> },
    { key: "kind", title: say("what"), cell: ({ kind }) => eventName(kind, say) },
    {
      key: "node",
      title: say("node"),
      cell: ({ address }) => <code class="text-xs whitespace-nowrap">{address}</code>,
    },
    { key: "detail", title: say("detail"), cell: ({ detail }) => detail ?? "" },
  ];
  return (
    <Loaded of={events}>
      {(items) =>
        items.length === 0 ? (
          <p class="text-muted">{say("noHistory")}</p>
        ) : (
          <>
            <Table
              caption={say("history")}
              columns={columns}
              rows={items}
              idOf={({ seq }) => String(seq)}
            />
            {events.hasMore && <Button onClick={() => events.more()}>{sayKit("more")}</Button>}
          </>
        )
      }
    </Loaded>
  );
}
