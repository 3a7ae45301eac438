import { useState } from "preact/compat";
import { download } from "../../api/client.ts";
import type { AuditJson, PageJson } from "../../api/shapes.ts";
import { useApi, usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Card, Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { saveBlob } from "../../kit/save-blob.ts";
import { kitStrings } from "../../kit/strings.ts";
import { toastFailure } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { useFilters, withFilters, type Filters } from "../../url/filters.ts";
import { AuditDetail } from "./audit-detail.tsx";
import { AUDIT_FILTERS, AuditFilters } from "./audit-filters.tsx";
import { auditStrings } from "./audit-strings.ts";
import { AuditTable } from "./audit-table.tsx";
import { AuditVerify } from "./audit-verify.tsx";

const NEWER_EVERY_MS = 15_000;

/** Who did what: the list, one entry in full, the list as a file, and whether the chain of entries holds. */
export function AuditSection() {
  const say = useStrings(auditStrings);
  const { namespace } = useMe();
  const [filters, change] = useFilters();
  const wanted = Object.fromEntries(AUDIT_FILTERS.map((key) => [key, filters[key] ?? ""]));
  const seq = Number(filters["entry"] ?? "");
  return (
    <>
      <Card>
        <p class="text-muted">{say("about", { namespace })}</p>
        <AuditVerify onOpen={(broken) => change({ entry: String(broken) })} />
      </Card>
      <Card title={say("caption")} actions={<Export filters={wanted} />}>
        <AuditFilters />
        <Entries filters={wanted} />
      </Card>
      {Number.isInteger(seq) && seq > 0 && (
        <AuditDetail seq={seq} onClose={() => change({ entry: "" })} />
      )}
    </>
  );
}

function Entries({ filters }: { readonly filters: Filters }) {
  const say = useStrings(auditStrings);
  const sayKit = useStrings(kitStrings);
  const entries = usePages<AuditJson>(withFilters("/audit", filters), { isKept: true });
  const newest = useApi<PageJson<AuditJson>>(withFilters("/audit", { ...filters, limit: "1" }), {
    everyMs: NEWER_EVERY_MS,
  });
  const isFiltered = AUDIT_FILTERS.some((key) => filters[key] !== "");
  const shown = entries.data?.[0]?.seq ?? 0;
  const isNewer = entries.data !== undefined && (newest.data?.items[0]?.seq ?? 0) > shown;
  return (
    <>
      {isNewer && (
        <Button class="mb-2" onClick={() => entries.again()}>
          ↑ {say("newer")}
        </Button>
      )}
      <Loaded of={entries}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={say(isFiltered ? "noneFiltered" : "none")} />
          ) : (
            <>
              <AuditTable entries={items} />
              {entries.hasMore && (
                <Button disabled={entries.isLoadingMore} onClick={() => entries.more()}>
                  {sayKit("more")}
                </Button>
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Export({ filters }: { readonly filters: Filters }) {
  const say = useStrings(auditStrings);
  const { namespace } = useMe();
  const [isBusy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      const blob = await download(withFilters("/audit/export", filters));
      saveBlob(`audit-${namespace}.csv`, blob);
    } catch (error) {
      toastFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button disabled={isBusy} onClick={() => void save()}>
      {say("export")}
    </Button>
  );
}
