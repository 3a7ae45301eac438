import type { AuditJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { instantText, Time } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { useFilters } from "../../url/filters.ts";
import { AuditObject } from "./audit-object.tsx";
import { auditStrings } from "./audit-strings.ts";

/** Answers from here on say that nothing was done. */
const REFUSED_FROM = 400;

/** Entries of the audit log; each opens in full. */
export function AuditTable({ entries }: { readonly entries: readonly AuditJson[] }) {
  const say = useStrings(auditStrings);
  const [filters] = useFilters();
  const columns: readonly Column<AuditJson>[] = [
    { key: "when", title: say("when"), cell: (entry) => <When entry={entry} /> },
    { key: "who", title: say("who"), isWideOnly: true, cell: (entry) => <Who entry={entry} /> },
    { key: "action", title: say("action"), cell: (entry) => <Action entry={entry} /> },
    {
      key: "object",
      title: say("object"),
      isWideOnly: true,
      cell: (entry) => <AuditObject entry={entry} />,
    },
    {
      key: "status",
      title: say("status"),
      isWideOnly: true,
      cell: ({ status }) => <HttpStatus status={status} />,
    },
    {
      key: "address",
      title: say("address"),
      isWideOnly: true,
      cell: ({ address }) => address ?? "–",
    },
  ];
  return (
    <Table
      caption={say("caption")}
      columns={columns}
      rows={entries}
      idOf={({ seq }) => String(seq)}
      currentId={filters["entry"] ?? null}
    />
  );
}

/** Opens the entry. On narrow screens it also says who it was. */
function When({ entry }: { readonly entry: AuditJson }) {
  const say = useStrings(auditStrings);
  const zone = useZone();
  const [, change] = useFilters();
  return (
    <>
      <button
        type="button"
        class="text-accent hover:underline"
        aria-label={say("openEntry", { when: instantText(entry.at, zone) })}
        onClick={() => change({ entry: String(entry.seq) })}
      >
        <Time at={entry.at} />
      </button>
      <div class="md:hidden">
        <Who entry={entry} />
      </div>
    </>
  );
}

/** What was done; on narrow screens also to what, and with what answer. */
function Action({ entry }: { readonly entry: AuditJson }) {
  return (
    <>
      <code class="break-all">{entry.action}</code>
      <div class="md:hidden">
        <AuditObject entry={entry} />
        <HttpStatus status={entry.status} />
      </div>
    </>
  );
}

function Who({ entry }: { readonly entry: AuditJson }) {
  const say = useStrings(auditStrings);
  const [, change] = useFilters();
  const { kind, name } = entry.actor;
  return (
    <span class="flex flex-col items-start">
      <button
        type="button"
        class="break-all text-accent hover:underline"
        title={say("onlyThis", { name })}
        onClick={() => change({ actor: name })}
      >
        {name}
      </button>
      <span class="text-xs whitespace-nowrap text-muted">{say(kind)}</span>
    </span>
  );
}

/** The status of an answer, with a mark that says whether anything was done. */
export function HttpStatus({ status }: { readonly status: number }) {
  const isRefused = status >= REFUSED_FROM;
  return (
    <span class={`tabular-nums whitespace-nowrap ${isRefused ? "text-bad" : "text-ok"}`}>
      <span aria-hidden="true">{isRefused ? "✗" : "✓"}</span> {status}
    </span>
  );
}
