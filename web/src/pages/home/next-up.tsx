import type { SummaryJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { instantText, Time } from "../../kit/time.tsx";
import { homeStrings } from "./strings.ts";

const SHOWN_MAX = 10;

/** What fires next, soonest first, with the clock of the job where that is another one. */
export function NextUp({ items }: { readonly items: SummaryJson["next"] }) {
  const say = useStrings(homeStrings);
  return (
    <Card title={say("nextUp")}>
      {items.length === 0 ? (
        <p class="text-muted">{say("nothingNext")}</p>
      ) : (
        <ol class="flex flex-col gap-1">
          {items.slice(0, SHOWN_MAX).map(({ job, at, timezone }) => (
            <li key={`${job} ${at}`} class="flex flex-wrap items-baseline gap-x-3">
              <span class="w-24 shrink-0 text-muted">
                <Time at={at} as="relative" />
              </span>
              <TextLink href={`/jobs/${encodeURIComponent(job)}`} class="min-w-0 break-all">
                {job}
              </TextLink>
              <span class="ml-auto text-xs text-muted">
                {instantText(at, timezone, false)} {timezone}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
