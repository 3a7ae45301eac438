import { Ellipsis } from "lucide-react";
import type { ExecutorJson, NodeJson, PingJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Empty } from "../../kit/layout.tsx";
import { Menu } from "../../kit/menu.tsx";
import { Status, useStateName } from "../../kit/status.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { spanText, Time } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { executorStrings } from "./strings.ts";

const HUNDRED = 100;

/** The nodes of an executor as its keeper sees them, and what can be done with each. */
export function NodeTable({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const mayOperate = useMay("operator");
  if (executor.nodes.length === 0)
    return (
      <Empty title={say("noNodesTitle")}>
        {say(executor.registration === "auto" ? "noNodesAuto" : "noNodesManual")}
      </Empty>
    );
  const columns: readonly Column<NodeJson>[] = [
    {
      key: "address",
      title: say("address"),
      cell: ({ address, reason }) => (
        <>
          <code class="block min-w-40 text-xs break-all">{address}</code>
          {reason !== null && <span class="block text-xs text-muted">{reason}</span>}
        </>
      ),
    },
    { key: "state", title: say("state"), cell: ({ state }) => <Status state={state} /> },
    {
      key: "beat",
      title: say("lastBeat"),
      cell: ({ lastBeatAt }) => <Time at={lastBeatAt} as="relative" />,
    },
    ...figureColumns(say),
    {
      key: "actions",
      title: say("actions"),
      cell: (node) => mayOperate && <NodeActions appKey={executor.appKey} node={node} />,
    },
  ];
  return (
    <Table caption={say("nodes")} columns={columns} rows={executor.nodes} idOf={({ id }) => id} />
  );
}

function figureColumns(
  say: (key: "inFlight" | "errorRate" | "weight" | "version" | "tags" | "handlers") => string,
): readonly Column<NodeJson>[] {
  const common = { isWideOnly: true } as const;
  return [
    {
      ...common,
      key: "inFlight",
      title: say("inFlight"),
      isNumber: true,
      cell: ({ inFlight, concurrency }) =>
        `${inFlight ?? "–"}${concurrency === null ? "" : ` / ${concurrency}`}`,
    },
    {
      ...common,
      key: "errorRate",
      title: say("errorRate"),
      isNumber: true,
      cell: ({ errorRate }) =>
        errorRate === null ? "–" : `${(errorRate * HUNDRED).toFixed(errorRate > 0 ? 1 : 0)}%`,
    },
    { ...common, key: "weight", title: say("weight"), isNumber: true, cell: (row) => row.weight },
    { ...common, key: "version", title: say("version"), cell: (row) => row.version ?? "–" },
    { ...common, key: "tags", title: say("tags"), cell: ({ tags }) => tags.join(", ") },
    {
      ...common,
      key: "handlers",
      title: say("handlers"),
      cell: ({ handlers }) => (
        <span title={handlers?.join(", ") ?? ""}>{handlers?.length ?? "–"}</span>
      ),
    },
  ];
}

function NodeActions(props: { readonly appKey: string; readonly node: NodeJson }) {
  const say = useStrings(executorStrings);
  const nameOf = useStateName();
  const mayEdit = useMay("editor");
  const { node } = props;
  const path = `/executors/${encodeURIComponent(props.appKey)}/nodes/${encodeURIComponent(node.id)}`;
  const ping = useChange<undefined, PingJson>(() => ({
    method: "POST",
    path: `${path}/ping`,
    body: {},
  }));
  const wish = useChange<NodeJson["wish"], NodeJson>((state) => ({
    method: "PATCH",
    path,
    body: { state },
  }));
  const forget = useChange<undefined, unknown>(() => ({ method: "DELETE", path }));
  const told = (answer: PingJson): void => toast(pingText(answer, node.address, say));
  const set = (state: NodeJson["wish"]): void => {
    wish
      .send(state)
      .then((after) => toast(say("nodeChanged", { state: nameOf(after.state) })), toastFailure);
  };
  const wishes = [
    { label: say("enable"), onSelect: () => set("enabled"), isDisabled: node.wish === "enabled" },
    { label: say("drain"), onSelect: () => set("draining"), isDisabled: node.wish === "draining" },
    {
      label: say("disable"),
      onSelect: () => set("disabled"),
      isDisabled: node.wish === "disabled",
    },
  ];
  const forgetting = {
    label: say("forget"),
    isDanger: true,
    onSelect: () => void forget.send(undefined).then(() => toast(say("forgotten")), toastFailure),
  };
  return (
    <span class="flex items-center gap-1">
      <Button
        disabled={ping.isPending}
        onClick={() => void ping.send(undefined).then(told, toastFailure)}
      >
        {say("ping")}
      </Button>
      <Menu
        label={`${say("actions")}: ${node.address}`}
        trigger={<Ellipsis size={16} aria-hidden="true" />}
        items={mayEdit ? [...wishes, forgetting] : wishes}
      />
    </span>
  );
}

function pingText(
  answer: PingJson,
  address: string,
  say: (key: "pingOk" | "pingBad", values: Readonly<Record<string, string | number>>) => string,
): string {
  if (!answer.reached) return say("pingBad", { address, why: answer.error ?? "" });
  const skew = answer.clockSkewMs === null ? "–" : spanText(answer.clockSkewMs);
  const latency = spanText(answer.latencyMs);
  return say("pingOk", { address, status: answer.status ?? "–", latency, skew });
}
