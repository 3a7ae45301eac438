import { useChange } from "../../api/use-api.ts";
import type { SummaryJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Progress } from "../../kit/bar.tsx";
import { Button, TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { spanText, useNow } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { homeStrings } from "./strings.ts";

type Item = SummaryJson["running"][number];
const FULL = 100;

/** What runs at the moment: how far it is, how long it has taken, and how long it usually takes. */
export function RunningNow({ items }: { readonly items: readonly Item[] }) {
  const say = useStrings(homeStrings);
  const count = items.length === 0 ? "" : ` (${items.length})`;
  return (
    <Card title={`${say("running")}${count}`}>
      {items.length === 0 ? (
        <p class="text-muted">{say("nothingRuns")}</p>
      ) : (
        <ul class="flex max-h-72 flex-col gap-2 overflow-y-auto">
          {items.map((item) => (
            <li key={item.id}>
              <RunningItem item={item} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function RunningItem({ item }: { readonly item: Item }) {
  const say = useStrings(homeStrings);
  const mayStop = useMay("operator");
  const path = item.kind === "run" ? "/runs" : "/workflow-runs";
  const stop = useChange<undefined, unknown>(() => ({
    method: "POST",
    path: `${path}/${item.id}/cancel`,
    body: {},
  }));
  return (
    <div class="flex items-center gap-3">
      <div class="min-w-0 flex-1">
        <div class="flex flex-wrap items-baseline gap-x-2">
          <TextLink href={`${path}/${item.id}`} class="font-medium break-all">
            {item.name}
          </TextLink>
          <Elapsed item={item} />
        </div>
        {item.progress !== null && (
          <>
            <Progress percent={item.progress.percent} label={item.name} />
            <p class="truncate text-xs text-muted">{item.progress.message}</p>
          </>
        )}
      </div>
      {mayStop && (
        <Button
          look="quiet"
          disabled={stop.isPending}
          onClick={() => void stop.send(undefined).then(() => toast(say("stopped")), toastFailure)}
        >
          {say("stop")}
        </Button>
      )}
    </div>
  );
}

function Elapsed({ item }: { readonly item: Item }) {
  const say = useStrings(homeStrings);
  const nowMs = useNow();
  if (item.startedAt === null) return null;
  const elapsedMs = Math.max(0, nowMs - Date.parse(item.startedAt));
  const leftMs = leftOf(item, elapsedMs);
  const percent = item.progress?.percent ?? null;
  return (
    <span class="text-xs text-muted tabular-nums">
      {percent === null ? "" : `${Math.round(percent)}% · `}
      {spanText(elapsedMs)}
      {leftMs !== null &&
        ` · ${say(leftMs >= 0 ? "left" : "over", { time: spanText(Math.abs(leftMs)) })}`}
    </span>
  );
}

/** By its own progress where it tells it, else by how long it usually takes. */
function leftOf(item: Item, elapsedMs: number): number | null {
  const percent = item.progress?.percent ?? 0;
  if (percent > 0 && percent < FULL) return (elapsedMs * (FULL - percent)) / percent;
  return item.expectedMs === null ? null : item.expectedMs - elapsedMs;
}
