import { Link } from "wouter";
import { useStrings } from "../../i18n/strings.ts";
import { spanText, useNow } from "../../kit/time.tsx";
import { jobsStrings } from "./strings.ts";

const SECOND_MS = 1_000;

/** A run of the job that has not ended, with the time since its start. */
export function RunningBadge(props: {
  readonly active: { readonly id: string; readonly startedAt: string | null };
}) {
  const say = useStrings(jobsStrings);
  const now = useNow();
  const { id, startedAt } = props.active;
  const since = startedAt === null ? null : Math.max(0, now - Date.parse(startedAt));
  const whole = since === null ? null : Math.trunc(since / SECOND_MS) * SECOND_MS;
  return (
    <Link
      href={`/runs/${id}`}
      class="inline-flex items-center gap-1 rounded bg-busy-ground px-1.5 py-0.5 text-xs font-medium whitespace-nowrap text-busy hover:underline"
    >
      <span aria-hidden="true">▶</span>
      <span class="tabular-nums">
        {whole === null ? say("runWaits") : say("runningFor", { time: spanText(whole) })}
      </span>
    </Link>
  );
}
