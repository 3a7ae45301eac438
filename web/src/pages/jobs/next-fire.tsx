import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { kitStrings } from "../../kit/strings.ts";
import { instantText, spanText, Time, useNow } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { zoneOfSchedule } from "./schedule-words.ts";
import { jobsStrings } from "./strings.ts";

const SECOND_MS = 1_000;

/** When a job fires next, counted down; or why it does not. The title has the zones of the job and of the page. */
export function NextFire({ job }: { readonly job: JobJson }) {
  const say = useStrings(jobsStrings);
  const { pause, state, nextTick, schedule } = job;
  if (state === "ended") return <span class="text-muted">{say("nextEnded")}</span>;
  if (state === "paused")
    return (
      <span class="block max-w-32 text-muted">
        {say("nextPaused")}
        {pause?.until != null && (
          <>
            {" "}
            {say("until")} <Time at={pause.until} as="relative" />
          </>
        )}
      </span>
    );
  if (nextTick !== null) return <Countdown at={nextTick} zone={zoneOfSchedule(schedule)} />;
  const reason = { manual: "nextManual", after: "nextAfter" } as const;
  const { kind } = schedule;
  const key = kind === "manual" || kind === "after" ? reason[kind] : "nextNever";
  return <span class="text-muted">{say(key)}</span>;
}

/** How long until an instant, with the instant in both zones as its title. */
export function Countdown(props: { readonly at: string; readonly zone: string | null }) {
  const say = useStrings(kitStrings);
  const pageZone = useZone();
  const ms = Date.parse(props.at) - useNow();
  const zones = [...new Set([props.zone ?? pageZone, pageZone])];
  const title = zones.map((zone) => `${instantText(props.at, zone)} ${zone}`).join("\n");
  const time = spanText(Math.trunc(ms / SECOND_MS) * SECOND_MS);
  return (
    <time dateTime={props.at} title={title} class="tabular-nums whitespace-nowrap">
      {ms < SECOND_MS ? say("now") : say("inTime", { time })}
    </time>
  );
}
