import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Field, Select, TextInput } from "../../kit/field.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useZone } from "../../shell/zone.ts";
import { useFilters } from "../../url/filters.ts";
import { FilterText } from "../runs/filter-text.tsx";
import { inputOfInstant, instantOfInput } from "../runs/zoned-input.ts";
import { OBJECT_KINDS } from "./audit-object.tsx";
import { auditStrings } from "./audit-strings.ts";

/** The filters of the list, by their names in the address and in the API. */
export const AUDIT_FILTERS = ["kind", "object", "actor", "action", "from", "to"] as const;

/** Narrows the list; each filter lives in the address. */
export function AuditFilters() {
  const say = useStrings(auditStrings);
  const sayKit = useStrings(kitStrings);
  const zone = useZone();
  const [filters, change] = useFilters();
  const of = (key: (typeof AUDIT_FILTERS)[number]): string => filters[key] ?? "";
  const isFiltered = AUDIT_FILTERS.some((key) => of(key) !== "");
  return (
    <div
      role="search"
      aria-label={say("filters")}
      class="mb-3 grid grid-cols-2 items-start gap-3 lg:grid-cols-3"
    >
      <Field label={say("kind")}>
        {(control) => (
          <Select
            {...control}
            value={of("kind")}
            options={[
              { value: "", label: say("anyKind") },
              ...OBJECT_KINDS.map((kind) => ({ value: kind, label: kind })),
            ]}
            onChange={(event) => change({ kind: event.currentTarget.value })}
          />
        )}
      </Field>
      {(["object", "actor", "action"] as const).map((key) => (
        <FilterText
          key={key}
          label={say(key)}
          value={of(key)}
          placeholder={key === "actor" ? "" : say(`${key}Hint`)}
          onChange={(value) => change({ [key]: value })}
        />
      ))}
      {(["from", "to"] as const).map((key) => (
        <Field key={key} label={say(key, { zone })}>
          {(control) => (
            <TextInput
              {...control}
              type="datetime-local"
              value={inputOfInstant(of(key), zone)}
              onInput={(event) =>
                change({ [key]: instantOfInput(event.currentTarget.value, zone) })
              }
            />
          )}
        </Field>
      ))}
      {isFiltered && (
        <Button
          class="justify-self-start"
          onClick={() => change(Object.fromEntries(AUDIT_FILTERS.map((key) => [key, ""])))}
        >
          {sayKit("clear")}
        </Button>
      )}
    </div>
  );
}
