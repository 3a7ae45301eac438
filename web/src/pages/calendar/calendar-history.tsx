import { useMemo } from "preact/compat";
import { History } from "../../history/history.tsx";
import type { RestorableObject } from "../../history/restorable-object.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { useFilters } from "../../url/filters.ts";
import { businessStrings } from "./business-strings.ts";
import { calendarPath, calendarRules, isCalendar } from "./calendar-rules.ts";
import { ImpactOf } from "./impact.tsx";

/** Who changed the calendar that the address names, with a way back; nothing where it names none. */
export function CalendarHistory() {
  const say = useStrings(businessStrings);
  const [filters, change] = useFilters();
  const name = filters["history"] ?? "";
  const of = useMemo(() => restorableCalendar(name), [name]);
  if (name === "") return null;
  return (
    <Dialog
      title={say("historyOf", { name })}
      isOpen
      isWide
      onClose={() => change({ history: "" })}
    >
      <History of={of} />
    </Dialog>
  );
}

function restorableCalendar(name: string): RestorableObject {
  const path = calendarPath(name);
  return {
    kind: "calendar",
    name,
    path,
    isWhole: isCalendar,
    definition: calendarRules,
    request: (body, ifMatch) => ({ method: "PATCH", path, body, ifMatch }),
    outlook: (request) => <ImpactOf request={request} />,
  };
}
