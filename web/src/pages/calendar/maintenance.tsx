import { useState } from "preact/compat";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { FiresJson, PageJson } from "../../api/shapes.ts";
import { queryClient, useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Field, TextInput } from "../../kit/field.tsx";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { instantText } from "../../kit/time.tsx";
import { instantOfLocal } from "../../kit/zoned-time.ts";
import { toast } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { withFilters } from "../../url/filters.ts";
import { calendarStrings } from "./strings.ts";

const RANGE_MS_MAX = 7 * 86_400_000;
/** Pages of jobs that are looked through. */
const PAGES_MAX = 20;

interface Range {
  readonly from: string;
  readonly to: string;
}

/** Which jobs fire in a range, and a way to pause all of them until its end. */
export function Maintenance({ zone }: { readonly zone: string }) {
  const say = useStrings(calendarStrings);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [range, setRange] = useState<Range | null>(null);
  const [isWrong, setWrong] = useState(false);
  const show = (): void => {
    const wanted = rangeOf(from, to, zone);
    setWrong(wanted === null);
    setRange(wanted);
  };
  return (
    <Card title={say("maintenance")}>
      <p class="mb-2 text-muted">{say("maintenanceAbout")}</p>
      <form
        class="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          show();
        }}
      >
        {(["from", "to"] as const).map((key) => (
          <Field key={key} label={`${say(key)} (${zone})`}>
            {(control) => (
              <TextInput
                {...control}
                type="datetime-local"
                value={key === "from" ? from : to}
                onInput={(event) => (key === "from" ? setFrom : setTo)(event.currentTarget.value)}
              />
            )}
          </Field>
        ))}
        <Button type="submit">{say("show")}</Button>
      </form>
      {isWrong && (
        <p role="alert" class="mt-2 text-bad">
          {say("badRange")}
        </p>
      )}
      {range !== null && <InRange key={`${range.from} ${range.to}`} range={range} zone={zone} />}
    </Card>
  );
}

function rangeOf(fromText: string, toText: string, zone: string): Range | null {
  const from = instantOfLocal(fromText, zone);
  const to = instantOfLocal(toText, zone);
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return ms > 0 && ms <= RANGE_MS_MAX ? { from, to } : null;
}

function InRange({ range, zone }: { readonly range: Range; readonly zone: string }) {
  const say = useStrings(calendarStrings);
  const mayPause = useMay("operator");
  const path = withFilters("/stats/fires", { ...range, timezone: zone });
  // The first page tells whether the range is one that the server takes; the others are walked on demand.
  const first = useApi<PageJson<FiresJson["items"][number]>>(path);
  const [jobs, setJobs] = useState<readonly string[] | null>(null);
  const [isPausing, setPausing] = useState(false);
  const end = instantText(range.to, zone, false);
  const pauseAll = async (names: readonly string[]): Promise<void> => {
    setPausing(true);
    const count = await paused(names, range.to, say("pauseReason"), (job, why) =>
      toast(say("pauseFailed", { job, why })),
    );
    setPausing(false);
    toast(say("pausedAll", { count, to: end }));
    void queryClient.invalidateQueries();
  };
  return (
    <div class="mt-3">
      <Loaded of={first}>
        {(page) => {
          const shown = jobs ?? firing(page.items);
          const isWhole = jobs !== null || page.nextCursor === null;
          return (
            <>
              <p class="mb-1 font-medium">
                {say("inRange", { count: shown.length })}
                {isWhole ? "" : "+"}
              </p>
              <JobLinks names={shown} />
              <div class="mt-2 flex flex-wrap gap-2">
                {!isWhole && (
                  <Button onClick={() => void allFiring(path).then(setJobs)}>
                    {say("moreJobs")}
                  </Button>
                )}
                {mayPause && isWhole && shown.length > 0 && (
                  <Button disabled={isPausing} onClick={() => void pauseAll(shown)}>
                    {say("pauseAll", { to: end })}
                  </Button>
                )}
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function JobLinks({ names }: { readonly names: readonly string[] }) {
  return (
    <ul class="flex max-h-48 flex-wrap gap-x-3 gap-y-1 overflow-y-auto">
      {names.map((name) => (
        <li key={name}>
          <TextLink href={`/jobs/${encodeURIComponent(name)}`}>{name}</TextLink>
        </li>
      ))}
    </ul>
  );
}

function firing(items: readonly FiresJson["items"][number][]): readonly string[] {
  const some = items.filter(
    ({ state, days }) => state === "active" && days.some(({ count }) => count > 0),
  );
  return some.map(({ job }) => job);
}

/** All pages of an answer, as far as a page that a person reads goes. */
async function allFiring(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | null = "";
  for (let page = 0; page < PAGES_MAX && cursor !== null; page++) {
    const at: string = cursor === "" ? path : `${path}&cursor=${encodeURIComponent(cursor)}`;
    // oxlint-disable-next-line no-await-in-loop -- Each page names the next one.
    const { body } = await call<FiresJson>("GET", at);
    names.push(...firing(body.items));
    cursor = body.nextCursor;
  }
  return names;
}

/** Pauses jobs one after the other; returns how many were. */
async function paused(
  names: readonly string[],
  until: string,
  reason: string,
  onFailure: (job: string, why: string) => void,
): Promise<number> {
  let count = 0;
  for (const name of names) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- Hundreds at once would run into the rate limit.
      await call("POST", `/jobs/${encodeURIComponent(name)}/pause`, { body: { until, reason } });
      count++;
    } catch (error) {
      onFailure(name, error instanceof Problem ? error.message : String(error));
    }
  }
  return count;
}
