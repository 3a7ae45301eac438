import type { ComponentChildren } from "preact";
import { useState } from "preact/compat";
import { isJsonObject, type Json } from "../../../src/core/json.ts";
import type { HistoryJson } from "../api/shapes.ts";
import { usePages } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { jsonText } from "../kit/json-changes.ts";
import { Code, Empty } from "../kit/layout.tsx";
import { Loaded } from "../kit/loaded.tsx";
import { kitStrings } from "../kit/strings.ts";
import { Time } from "../kit/time.tsx";
import { useSteadyList } from "../kit/use-steady-list.ts";
import { useMay } from "../shell/me.ts";
import { Changes, HiddenPlaces } from "./changes.tsx";
import { isCut, toldChanges, wholeSides } from "./entry-changes.ts";
import { historyStrings } from "./history-strings.ts";
import type { RestorableObject } from "./restorable-object.ts";
import { RestoreDialog } from "./restore-dialog.tsx";

/** An entry is in the records a moment after the change, and nothing live tells of it. */
const RELOAD_MS = 5_000;
const REFUSED_STATUS_MIN = 400;

interface HistoryProps {
  readonly of: RestorableObject;
  /** Where definitions are kept that are too large for the log. */
  readonly elsewhere?: ComponentChildren;
}

/** Who changed an object, when and how, newest first; and a way back for those who may change it. */
export function History({ of, elsewhere = null }: HistoryProps) {
  const path = `/history/${of.kind}/${encodeURIComponent(of.name)}`;
  const entries = usePages<HistoryJson>(path, { everyMs: RELOAD_MS });
  const sayKit = useStrings(kitStrings);
  return (
    <>
      <Loaded of={entries}>
        {(items) => <Entries of={of} path={path} items={items} elsewhere={elsewhere} />}
      </Loaded>
      {entries.hasMore && (
        <p class="mt-3">
          <Button disabled={entries.isLoadingMore} onClick={() => entries.more()}>
            {sayKit("more")}
          </Button>
        </p>
      )}
    </>
  );
}

function Entries(props: {
  readonly of: RestorableObject;
  readonly path: string;
  readonly items: readonly HistoryJson[];
  readonly elsewhere: ComponentChildren;
}) {
  const say = useStrings(historyStrings);
  const sayKit = useStrings(kitStrings);
  const { of, elsewhere } = props;
  const { shown, freshCount, showFresh } = useSteadyList(props.items, idOf, props.path);
  const [restoring, setRestoring] = useState<HistoryJson | null>(null);
  if (shown.length === 0)
    return (
      <Empty title={say("empty")}>
        <p>{say("emptyAbout")}</p>
      </Empty>
    );
  return (
    <>
      {freshCount > 0 && (
        <p class="mb-3">
          <Button onClick={showFresh}>{sayKit("fresh", { count: freshCount })}</Button>
        </p>
      )}
      <ol class="flex flex-col gap-3">
        {shown.map((entry) => (
          <li key={entry.seq} class="rounded-md border border-line bg-surface p-3">
            <EntryHead of={of} entry={entry} restore={() => setRestoring(entry)} />
            <EntryBody of={of} entry={entry} elsewhere={elsewhere} />
          </li>
        ))}
      </ol>
      {restoring !== null && (
        <RestoreDialog
          of={of}
          about={<Deed entry={restoring} />}
          choices={wholeSides(restoring, of.isWhole).map(({ side, object }) => ({
            label: say(`restore_${side}`),
            object,
          }))}
          onClose={() => setRestoring(null)}
        />
      )}
    </>
  );
}

function idOf({ seq }: HistoryJson): string {
  return String(seq);
}

interface EntryProps {
  readonly of: RestorableObject;
  readonly entry: HistoryJson;
}

function EntryHead({ of, entry, restore }: EntryProps & { readonly restore: () => void }) {
  const say = useStrings(historyStrings);
  const mayEdit = useMay("editor");
  return (
    <div class="flex flex-wrap items-center gap-x-2">
      <Deed entry={entry} />
      {entry.status >= REFUSED_STATUS_MIN && (
        <span class="text-bad">{say("refused", { status: entry.status })}</span>
      )}
      {mayEdit && wholeSides(entry, of.isWhole).length > 0 && (
        <span class="ml-auto">
          <Button onClick={restore}>{say("restore")}</Button>
        </span>
      )}
    </div>
  );
}

/** Who did what, and when. */
function Deed({ entry: { actor, action, at } }: { readonly entry: HistoryJson }) {
  return (
    <p class="flex min-w-0 flex-wrap items-center gap-x-2">
      <b class="break-all">{actor.name}</b>
      <code class="text-xs">{action}</code>
      <span class="text-muted">
        <Time at={at} as="both" />
      </span>
    </p>
  );
}

function EntryBody({ of, entry, elsewhere }: EntryProps & Pick<HistoryProps, "elsewhere">) {
  const say = useStrings(historyStrings);
  const { changes, hidden } = toldChanges(entry, of);
  const hasBoth = entry.before !== null && entry.after !== null;
  const isSame = hasBoth && changes.length === 0 && hidden.length === 0;
  if (isCut(entry))
    return (
      <div class="mt-2 text-muted">
        <p>
          {say("cut")} {elsewhere}
        </p>
        <HiddenPlaces pointers={hidden} />
      </div>
    );
  if (!hasBoth) return <OneSide of={of} entry={entry} />;
  return (
    <>
      {isSame && <p class="text-xs text-muted">{say("nothingChanged")}</p>}
      {changes.length > 0 && <Changes of={changes} />}
      <HiddenPlaces pointers={hidden} />
    </>
  );
}

/** What was made or deleted, folded up; or what an action was about, in a line. */
function OneSide({ of, entry }: EntryProps) {
  const say = useStrings(historyStrings);
  const [whole] = wholeSides(entry, of.isWhole);
  if (whole === undefined) return <Brief of={entry.after} />;
  const name = say(`whole_${whole.side}`);
  return (
    <details class="mt-1">
      <summary class="cursor-pointer text-xs text-muted">{name}</summary>
      <Code label={name} text={jsonText(of.definition(whole.object))} />
    </details>
  );
}

function Brief({ of }: { readonly of: Json }) {
  if (!isJsonObject(of)) return null;
  const known = Object.entries(of).filter(([, value]) => value !== null);
  const words = known.map(([key, value]) => `${key}: ${jsonText(value)}`);
  return <p class="text-xs break-all text-muted">{words.join(" · ")}</p>;
}
