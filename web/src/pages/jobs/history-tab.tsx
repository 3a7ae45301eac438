import { useState } from "preact/compat";
import type { HistoryJson, JobFullJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Time } from "../../kit/time.tsx";
import { useMay } from "../../shell/me.ts";
import { Changes } from "./changes.tsx";
import { definitionChanges, isDefinition } from "./job-definition.ts";
import { jobStrings } from "./job-strings.ts";
import { RestoreDialog } from "./restore-dialog.tsx";
import { MoreButton } from "./runs-tab.tsx";

interface HistoryProps {
  readonly job: JobFullJson;
  readonly etag: string | null;
}

/** Who changed the job, when and how; and a way back. */
export function HistoryTab({ job, etag }: HistoryProps) {
  const say = useStrings(jobStrings);
  const entries = usePages<HistoryJson>(`/history/job/${encodeURIComponent(job.name)}`, {
    topics: ["jobs"],
  });
  const [restoring, setRestoring] = useState<HistoryJson | null>(null);
  return (
    <>
      <Loaded of={entries}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say("noHistory")} />
          ) : (
            <ol class="flex flex-col gap-3">
              {items.map((entry) => (
                <Entry key={entry.seq} entry={entry} restore={() => setRestoring(entry)} />
              ))}
            </ol>
          )
        }
      </Loaded>
      {entries.hasMore && (
        <MoreButton isLoading={entries.isLoadingMore} more={() => entries.more()} />
      )}
      {restoring !== null && (
        <RestoreDialog job={job} etag={etag} entry={restoring} onClose={() => setRestoring(null)} />
      )}
    </>
  );
}

function Entry(props: { readonly entry: HistoryJson; readonly restore: () => void }) {
  const say = useStrings(jobStrings);
  const mayEdit = useMay("editor");
  const { entry, restore } = props;
  const hasBoth = entry.before !== null && entry.after !== null;
  const changes = hasBoth ? definitionChanges(entry.before, entry.after) : [];
  const isRestorable = isDefinition(entry.before) || isDefinition(entry.after);
  return (
    <li class="rounded-md border border-line bg-surface p-3">
      <p class="flex flex-wrap items-center gap-x-2">
        <b>{entry.actor.name}</b>
        <code class="text-xs">{entry.action}</code>
        <span class="text-muted">
          <Time at={entry.at} as="both" />
        </span>
        {mayEdit && isRestorable && (
          <span class="ml-auto">
            <Button onClick={restore}>{say("restore")}</Button>
          </span>
        )}
      </p>
      {hasBoth && changes.length === 0 && <p class="text-xs text-muted">{say("nothingChanged")}</p>}
      {changes.length > 0 && <Changes of={changes} />}
    </li>
  );
}
