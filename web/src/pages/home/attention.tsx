import { useChange } from "../../api/use-api.ts";
import type { RunJson, SummaryJson } from "../../api/shapes.ts";
import { useStrings, type Say } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { Time } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { homeStrings } from "./strings.ts";

type Item = SummaryJson["attention"][number];
type HomeSay = Say<keyof (typeof homeStrings)["en"]>;

const PATHS: Readonly<Record<string, string>> = {
  job: "/jobs/",
  executor: "/executors/",
  workflow: "/workflows/",
  workflow_run: "/workflow-runs/",
};

/** What somebody should look at, the worst first, with what to do about it. */
export function Attention({ items }: { readonly items: readonly Item[] }) {
  const say = useStrings(homeStrings);
  const count = items.length === 0 ? "" : ` (${items.length})`;
  return (
    <Card title={`${say("attention")}${count}`}>
      {items.length === 0 ? (
        <p class="text-ok">
          <span aria-hidden="true">✓</span> {say("nothingWrong")}
        </p>
      ) : (
        <ul class="flex max-h-[32rem] flex-col gap-2 overflow-y-auto">
          {items.map((item) => (
            <li key={`${item.kind} ${item.object.id}`}>
              <AttentionItem item={item} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function AttentionItem({ item }: { readonly item: Item }) {
  const say = useStrings(homeStrings);
  const isBad = item.severity === "error";
  const path = PATHS[item.object.kind];
  const key = item.object.kind === "job" ? item.object.name : item.object.id;
  return (
    <div
      class={`rounded-md border-l-4 px-3 py-2 ${isBad ? "border-bad-fill bg-bad-ground/60" : "border-warn-fill bg-warn-ground/60"}`}
    >
      <p class="flex flex-wrap items-baseline gap-x-2">
        <span aria-hidden="true" class={isBad ? "text-bad" : "text-warn"}>
          {isBad ? "✗" : "!"}
        </span>
        {path === undefined ? (
          <span class="font-medium">{item.object.name}</span>
        ) : (
          <TextLink href={`${path}${encodeURIComponent(key)}`} class="font-medium">
            {item.object.name}
          </TextLink>
        )}
        <span>{whatOf(item, say)}</span>
        <span class="text-xs text-muted">
          {say("since")} <Time at={item.since} as="relative" />
        </span>
      </p>
      <p class="mt-0.5 line-clamp-3 font-mono text-xs break-words">{item.message}</p>
      <ItemActions item={item} />
    </div>
  );
}

function whatOf(item: Item, say: HomeSay): string {
  switch (item.kind) {
    case "job_failing":
      return say("failedTimes", { count: item.count });
    case "executor_down":
      return say("nodesDown");
    case "approval_waiting":
      return say("approval");
    case "workflow_failed":
      return say("workflowFailed");
    case "scheduler":
    default:
      return "";
  }
}

function ItemActions({ item }: { readonly item: Item }) {
  const say = useStrings(homeStrings);
  const mayRetry = useMay("operator") && item.kind === "job_failing";
  const retry = useChange<string, RunJson>((run) => ({
    method: "POST",
    path: `/runs/${run}/retry`,
    body: {},
  }));
  const { run } = item;
  if (run === null) return null;
  const again = (): void => {
    retry.send(run).then(() => toast(say("retried")), toastFailure);
  };
  return (
    <p class="mt-1.5 flex flex-wrap gap-2">
      <ButtonLink href={`/runs/${run}`}>{say("log")}</ButtonLink>
      {mayRetry && (
        <Button disabled={retry.isPending} onClick={again}>
          {say("retry")}
        </Button>
      )}
    </p>
  );
}
