import { useEffect, useState } from "preact/compat";
import type * as Core from "../../../../src/core/schedule-words.ts";
import type { Words } from "../../../../src/core/schedule-words.ts";
import type { JobJson } from "../../api/shapes.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { instantText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { jobsStrings } from "./strings.ts";

type Schedule = JobJson["schedule"];
type Describe = (typeof Core)["describeSchedule"];

/** The words of the API itself; a chunk of their own, because the names of cron patterns are long. */
let describe: Describe | null = null;
let loading: Promise<void> | null = null;

async function load(): Promise<void> {
  loading ??= fetchWords();
  await loading;
}

async function fetchWords(): Promise<void> {
  try {
    describe = (await import("../../../../src/core/schedule-words.ts")).describeSchedule;
  } catch {
    // Without its words a pattern is shown as it is written.
  }
}

/** Says a schedule shortly: what it repeats, without its zone and bounds, which have places of their own. */
export function useScheduleWords(): (schedule: Schedule) => string {
  const say = useStrings(jobsStrings);
  const language = useLanguage();
  const zone = useZone();
  const [isLoaded, setLoaded] = useState(describe !== null);
  useEffect(() => {
    if (isLoaded) return undefined;
    let isShown = true;
    const show = async (): Promise<void> => {
      await load();
      if (isShown) setLoaded(true);
    };
    void show();
    return () => {
      isShown = false;
    };
  }, [isLoaded]);
  return (schedule) => {
    if (schedule.kind === "at") return say("onceAt", { time: onceText(schedule.at, zone) });
    return wordsOf(schedule)?.[language] ?? codeOf(schedule);
  };
}

/** The schedule as it is written in the definition: a pattern, a length, an instant. */
export function codeOf(schedule: Schedule): string {
  switch (schedule.kind) {
    case "cron":
      return schedule.cron;
    case "every":
      return schedule.every;
    case "after":
      return schedule.delay;
    case "at":
      return schedule.at;
    case "manual":
      return schedule.kind;
    default:
      return "";
  }
}

/** The zone in which a schedule is written; null where it has none. */
export function zoneOfSchedule(schedule: Schedule): string | null {
  return "timezone" in schedule ? schedule.timezone : null;
}

function onceText(at: string, zone: string): string {
  return Number.isNaN(Date.parse(at)) ? at : instantText(at, zone);
}

function wordsOf(schedule: Schedule): Words | null {
  if (describe === null) return null;
  const unbounded = { startAt: null, endAt: null, ticksMax: null, jitter: "0s", calendar: null };
  switch (schedule.kind) {
    case "cron":
      return describe({ ...schedule, ...unbounded, timezone: "UTC" });
    case "every":
      return describe({
        ...schedule,
        ...unbounded,
        timezone: "UTC",
        anchor: schedule.anchor ?? "",
      });
    case "after":
      return describe({ ...schedule, startAt: null, endAt: null, ticksMax: null });
    case "at":
    case "manual":
      return describe(schedule);
    default:
      return null;
  }
}
