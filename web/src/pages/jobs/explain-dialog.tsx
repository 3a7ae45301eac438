import type { ExplanationJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { jsonText } from "../../kit/json-changes.ts";
import { Facts } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { Span, Time } from "../../kit/time.tsx";
import { jobPath } from "./copy-as-curl.ts";
import { jobStrings } from "./job-strings.ts";

interface ExplainProps {
  readonly job: string;
  readonly nominal: string;
  readonly onClose: () => void;
}

/** Why a tick ran, did not, or will: in words, and what they rest on. */
export function ExplainDialog({ job, nominal, onClose }: ExplainProps) {
  const say = useStrings(jobStrings);
  const read = useApi<ExplanationJson>(
    jobPath(job, `/ticks/${encodeURIComponent(nominal)}/explain`),
  );
  return (
    <Dialog title={say("explainTitle")} isOpen isWide onClose={onClose}>
      <Loaded of={read}>{(explanation) => <Explanation of={explanation} />}</Loaded>
    </Dialog>
  );
}

function Explanation({ of }: { readonly of: ExplanationJson }) {
  const say = useStrings(jobStrings);
  const language = useLanguage();
  const run = of.run ?? of.intoRun;
  return (
    <div class="flex flex-col gap-3">
      <p class="text-base">{of.words[language]}</p>
      <Facts
        items={[
          [say("fate"), <Status key="fate" state={of.disposition} />],
          [say("nominal"), <Time key="nominal" at={of.nominalAt} />],
          [say("localTime"), of.local],
          ...(of.lagMs === undefined
            ? []
            : [[say("lag"), <Span key="lag" ms={of.lagMs} />] as const]),
          ...(of.startsAt === undefined
            ? []
            : [[say("startsAt"), <Time key="starts" at={of.startsAt} />] as const]),
          ...(run === undefined
            ? []
            : [
                [
                  say("run"),
                  <TextLink key="run" href={`/runs/${run}`}>
                    {say("showRun")}
                  </TextLink>,
                ] as const,
              ]),
        ]}
      />
      {of.evidence.length > 0 && (
        <section>
          <h3 class="mb-1 font-semibold">{say("evidence")}</h3>
          <dl class="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
            {of.evidence.map(({ what, value }) => (
              <div key={what} class="contents">
                <dt class="text-muted">{what}</dt>
                <dd class="font-mono break-all">{jsonText(value)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </div>
  );
}
