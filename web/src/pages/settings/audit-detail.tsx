import type { ComponentChildren } from "preact";
import type { AuditJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Facts } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Time } from "../../kit/time.tsx";
import { AuditChanges } from "./audit-changes.tsx";
import { AuditObject } from "./audit-object.tsx";
import { auditStrings } from "./audit-strings.ts";
import { HttpStatus } from "./audit-table.tsx";

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
        <AuditChanges entry={entry} />
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
