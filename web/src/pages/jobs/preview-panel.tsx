import type { Problem } from "../../api/problem.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { instantText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { formStrings } from "./form-strings.ts";
import type { Posted } from "./use-posted.ts";

const ANOMALIES_SHOWN = 5;

/** The answer of POST /schedules/preview. */
export interface PreviewJson {
  readonly ticks: readonly {
    readonly at: string;
    readonly local: string;
    readonly note?: string;
  }[];
  readonly words: { readonly en: string; readonly zh: string };
  readonly warnings: readonly string[];
  readonly anomalies: readonly {
    readonly at: string;
    readonly local: string;
    readonly note: string;
  }[];
  readonly rewrites: readonly {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
}

/** What the schedule means: in words, as its next ticks, and what may surprise in it. */
export function PreviewPanel({ preview }: { readonly preview: Posted<PreviewJson> }) {
  const say = useStrings(formStrings);
  const { data, problem } = preview;
  return (
    <Card title={say("preview")} class="lg:sticky lg:top-16">
      <div aria-live="polite" aria-busy={data === undefined && problem === null}>
        {problem !== null && <Refused problem={problem} isOld={data !== undefined} />}
        {data === undefined ? (
          problem === null && <p class="text-muted">–</p>
        ) : (
          <Meaning of={data} />
        )}
      </div>
    </Card>
  );
}

function Refused({ problem, isOld }: { readonly problem: Problem; readonly isOld: boolean }) {
  const say = useStrings(formStrings);
  const said = problem.faults.map(({ message }) => message).join(" ");
  return (
    <div class="mb-2 text-bad">
      <p>{said === "" ? problem.message : said}</p>
      {problem.hint !== "" && <p class="text-xs">{problem.hint}</p>}
      {isOld && <p class="mt-1 text-xs text-muted">{say("lastGood")}</p>}
    </div>
  );
}

function Meaning({ of }: { readonly of: PreviewJson }) {
  const say = useStrings(formStrings);
  const language = useLanguage();
  const zone = useZone();
  const { ticks, words, warnings, anomalies, rewrites } = of;
  return (
    <>
      <p class="font-medium">{words[language]}</p>
      <p class="mb-2 text-xs text-muted" lang={language === "en" ? "zh-CN" : "en"}>
        {words[language === "en" ? "zh" : "en"]}
      </p>
      {warnings.map((warning) => (
        <p key={warning} class="mb-1 rounded bg-warn-ground px-2 py-1 text-warn">
          ! {warning}
        </p>
      ))}
      {rewrites.map(({ from, to, reason }) => (
        <p key={`${from} ${to}`} class="mb-1 text-xs">
          <code>{from}</code> → <code>{to}</code> <span class="text-muted">{reason}</span>
        </p>
      ))}
      <h3 class="mt-3 mb-1 text-xs font-semibold text-muted">
        {isElsewhere(ticks, zone)
          ? say("nextTicksTwice", { count: ticks.length, zone })
          : say("nextTicks", { count: ticks.length })}
      </h3>
      {ticks.length === 0 && <p>{say("neverRuns")}</p>}
      <ol class="flex flex-col gap-1 text-xs tabular-nums">
        {ticks.map(({ at, local, note }) => (
          <li key={at}>
            <BothClocks at={at} local={local} zone={zone} />
            {note !== undefined && <span class="block text-warn">{note}</span>}
          </li>
        ))}
      </ol>
      {anomalies.length > 0 && (
        <>
          <h3 class="mt-3 mb-1 text-xs font-semibold text-muted">{say("clockChanges")}</h3>
          <ul class="flex flex-col gap-1 text-xs">
            {anomalies.slice(0, ANOMALIES_SHOWN).map(({ at, local, note }) => (
              <li key={`${at} ${note}`}>
                <b>{local}</b> {note}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

type Tick = PreviewJson["ticks"][number];

/** A tick by the clock of the job and, where that is another one, by that of the pages. */
function BothClocks({ at, local, zone }: Omit<Tick, "note"> & { readonly zone: string }) {
  const own = ownClock(local);
  const pages = instantText(at, zone);
  return (
    <>
      <span class="font-medium">{own}</span>
      {own !== pages && <span class="text-muted"> {pages}</span>}
    </>
  );
}

function isElsewhere(ticks: readonly Tick[], zone: string): boolean {
  return ticks.some(({ at, local }) => ownClock(local) !== instantText(at, zone));
}

/** What the clock of the job shows, of `2026-11-23T02:00:00+08:00`. */
function ownClock(local: string): string {
  return instantText(`${local.slice(0, "2026-11-23T02:00:00".length)}Z`, "UTC");
}
