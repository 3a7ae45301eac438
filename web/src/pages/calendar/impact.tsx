import { useEffect, useState } from "preact/compat";
import type { ImpactJson } from "../../../../src/api/calendar-schema.ts";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { ChangeRequest } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { businessStrings } from "./business-strings.ts";

/** The answer to a change that was made or tried out. */
export interface ChangedJson {
  readonly impact: ImpactJson;
}

/** The jobs whose ticks a change of a calendar moves. */
export function Impact({ impact }: { readonly impact: ImpactJson }) {
  const say = useStrings(businessStrings);
  if (impact.jobs.length === 0) return <p class="text-ok">{say("impactNone")}</p>;
  return (
    <div>
      <p class="font-medium text-warn">{say("impact", { count: impact.jobs.length })}</p>
      <ul class="max-h-40 list-disc overflow-y-auto pl-5">
        {impact.jobs.map(({ job, removedCount, addedCount }) => (
          <li key={job}>
            <TextLink href={`/jobs/${encodeURIComponent(job)}`}>{job}</TextLink>{" "}
            {say("impactJob", { removed: removedCount, added: addedCount })}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a change would move, tried out as soon as it is shown. */
export function ImpactOf({ request }: { readonly request: ChangeRequest }) {
  const [found, setFound] = useState<ImpactJson | Problem | null>(null);
  const { method, path } = request;
  const text = JSON.stringify(request.body);
  useEffect(() => {
    const end = new AbortController();
    const tryOut = async (): Promise<void> => {
      const sent = { body: request.body, signal: end.signal };
      try {
        setFound((await call<ChangedJson>(method, `${path}?dryRun=true`, sent)).body.impact);
      } catch (error) {
        if (error instanceof Problem) setFound(error);
        else if (!end.signal.aborted) throw error;
      }
    };
    setFound(null);
    void tryOut();
    return () => end.abort();
  }, [method, path, text]);
  if (found === null) return <div class="min-h-6" />;
  return found instanceof Problem ? <Failure problem={found} /> : <Impact impact={found} />;
}
