import type { ComponentChildren } from "preact";
import type { AuditJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { jsonChanges, jsonText } from "../../kit/json-changes.ts";
import { Code, Facts } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Time } from "../../kit/time.tsx";
import { AuditObject } from "./audit-object.tsx";
import { auditStrings } from "./audit-strings.ts";
import { HttpStatus } from "./audit-table.tsx";

/** They are different after every change. */
const BOOKKEEPING: ReadonlySet<string> = new Set(["/version", "/updatedAt"]);

/** One entry in full: what changed, field by field, and its place in the chain. */
export function AuditDetail(props: { readonly seq: number; readonly onClose: () => void }) {
  const say = useStrings(auditStrings);
  const { seq, onClose } = props;
  const entry = useApi<AuditJson>(`/audit/${seq}`);
  return (
    <Dialog title={say("entry", { seq })} isOpen isWide onClose={onClose}>
      <Loaded of={entry}>{(data) => <Shown entry={data} />}</Loaded>
    </Dialog>
  );
}

function Shown({ entry }: { readonly entry: AuditJson }) {
  const say = useStrings(auditStrings);
  const { actor, method, path, address, requestId, hash, prevHash } = entry;
  return (
    <div class="flex flex-col gap-4">
      <Facts
        items={[
          [say("when"), <Time key="when" at={entry.at} />],
          [say("who"), `${actor.name} (${say(actor.kind)})`],
          [say("action"), <code key="action">{entry.action}</code>],
          [say("object"), <AuditObject key="object" entry={entry} />],
          [say("status"), <HttpStatus key="status" status={entry.status} />],
          [say("address"), address ?? "–"],
        ]}
      />
      <section>
        <h3 class="mb-1 font-medium">{say("changes")}</h3>
        <Changes entry={entry} />
      </section>
      <dl class="flex flex-col gap-2 border-t border-line pt-3">
        <Line name={say("request")}>
          <code class="text-xs break-all">
            {method} {path}
          </code>
        </Line>
        <Line name={say("requestId")} copies={requestId} />
        <Line name={say("hash")} copies={hash} />
        <Line name={say("prevHash")} copies={prevHash} />
      </dl>
    </div>
  );
}

function Line(props: {
  readonly name: string;
  readonly copies?: string;
  readonly children?: ComponentChildren;
}) {
  const { name, copies, children } = props;
  return (
    <div>
      <dt class="text-xs text-muted">{name}</dt>
      <dd class="flex items-center">
        {children}
        {copies !== undefined && (
          <>
            <code class="text-xs break-all">{copies}</code>
            <CopyButton text={copies} />
          </>
        )}
      </dd>
    </div>
  );
}

/** What was made, what was deleted, or each field that is another one since. */
function Changes({ entry }: { readonly entry: AuditJson }) {
  const say = useStrings(auditStrings);
  const { before, after, changed } = entry;
  if (before === null && after === null)
    return (
      <>
        <p class="text-muted">{say("nothingKept")}</p>
        <Hidden pointers={changed} />
      </>
    );
  if (before === null) return <Whole name={say("made")} text={jsonText(after)} />;
  if (after === null) return <Whole name={say("was")} text={jsonText(before)} />;
  const changes = jsonChanges(before, after).filter(({ pointer }) => !BOOKKEEPING.has(pointer));
  const shown = [...BOOKKEEPING, ...changes.map(({ pointer }) => pointer)];
  const hidden = changed.filter((pointer) => !shown.some((one) => isWithin(pointer, one)));
  return (
    <>
      {changes.length === 0 && hidden.length === 0 && (
        <p class="text-muted">{say("noDifference")}</p>
      )}
      <ul class="flex flex-col gap-2">
        {changes.map((change) => (
          <li key={change.pointer} class="rounded-md border border-line p-2">
            <code class="text-xs font-semibold break-all">{change.pointer}</code>
            <div class="mt-1 grid gap-2 sm:grid-cols-2">
              <Side name={say("before")} text={jsonText(change.before)} look="bg-bad-ground" />
              <Side name={say("after")} text={jsonText(change.after)} look="bg-ok-ground" />
            </div>
          </li>
        ))}
      </ul>
      <Hidden pointers={hidden} />
    </>
  );
}

function Side(props: { readonly name: string; readonly text: string; readonly look: string }) {
  return (
    <div class="min-w-0">
      <p class="text-xs text-muted">{props.name}</p>
      <code
        class={`block max-h-40 overflow-auto rounded p-1 text-xs break-all whitespace-pre-wrap ${props.look}`}
      >
        {props.text}
      </code>
    </div>
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

function Hidden({ pointers }: { readonly pointers: readonly string[] }) {
  const say = useStrings(auditStrings);
  if (pointers.length === 0) return null;
  return (
    <p class="mt-2 text-muted">
      {say("changedHidden")} <code class="text-xs break-all">{pointers.join(" ")}</code>
    </p>
  );
}

/** The same place, or one of two that lies within the other. */
function isWithin(pointer: string, other: string): boolean {
  return pointer === other || pointer.startsWith(`${other}/`) || other.startsWith(`${pointer}/`);
}
