import type { AuditJson } from "../../api/shapes.ts";
import { Changes, HiddenPlaces } from "../../history/changes.tsx";
import { allChanges } from "../../history/entry-changes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { jsonText } from "../../kit/json-changes.ts";
import { Code } from "../../kit/layout.tsx";
import { auditStrings } from "./audit-strings.ts";

/** What was made, what was deleted, or each field that is another one since. */
export function AuditChanges({ entry }: { readonly entry: AuditJson }) {
  const say = useStrings(auditStrings);
  const { before, after } = entry;
  const { changes, hidden } = allChanges(entry);
  if (before === null && after === null)
    return (
      <>
        <p class="text-muted">{say("nothingKept")}</p>
        <HiddenPlaces pointers={hidden} />
      </>
    );
  if (before === null) return <Whole name={say("made")} text={jsonText(after)} />;
  if (after === null) return <Whole name={say("was")} text={jsonText(before)} />;
  return (
    <>
      {changes.length === 0 && hidden.length === 0 && (
        <p class="text-muted">{say("noDifference")}</p>
      )}
      <Changes of={changes} />
      <HiddenPlaces pointers={hidden} />
    </>
  );
}

function Whole({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      <p class="mb-1 text-xs text-muted">{name}</p>
      <Code label={name} text={text} />
    </>
  );
}
