import type { PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { CalendarHistory } from "./calendar-history.tsx";
import { CalendarActions, NewCalendar } from "./calendar-forms.tsx";
import { businessStrings } from "./business-strings.ts";
import type { CalendarJson } from "./shading.tsx";

/** The business calendars of the namespace: which days are open, for schedules that keep to them. */
export function Calendars() {
  const say = useStrings(businessStrings);
  const calendars = useApi<PageJson<CalendarJson>>("/calendars?limit=200");
  const columns: readonly Column<CalendarJson>[] = [
    {
      key: "name",
      title: say("name"),
      cell: ({ name }) => <span class="font-medium">{name}</span>,
    },
    { key: "about", title: say("about"), isWideOnly: true, cell: (row) => row.description },
    { key: "weekdays", title: say("weekdays"), cell: (row) => <Weekdays days={row.weekdays} /> },
    {
      key: "dates",
      title: say("dates"),
      isWideOnly: true,
      cell: ({ include, exclude }) =>
        say("datesOf", { open: include.length, closed: exclude.length }),
    },
    {
      key: "until",
      title: say("knownUntil"),
      isWideOnly: true,
      cell: (row) => row.knownUntil ?? "–",
    },
    {
      key: "updated",
      title: say("updated"),
      isWideOnly: true,
      cell: (row) => <Time at={row.updatedAt} as="relative" />,
    },
    { key: "actions", title: say("actions"), cell: (row) => <CalendarActions calendar={row} /> },
  ];
  return (
    <Card title={say("title")} actions={<NewCalendar />}>
      <p class="mb-2 text-muted">{say("intro")}</p>
      <Loaded of={calendars}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-muted">{say("empty")}</p>
          ) : (
            <Table
              caption={say("title")}
              columns={columns}
              rows={items}
              idOf={({ name }) => name}
            />
          )
        }
      </Loaded>
      <CalendarHistory />
    </Card>
  );
}

function Weekdays({ days }: { readonly days: readonly number[] }) {
  const say = useStrings(businessStrings);
  const names = [
    say("sun"),
    say("mon"),
    say("tue"),
    say("wed"),
    say("thu"),
    say("fri"),
    say("sat"),
    say("sun"),
  ];
  return <>{days.map((day) => names[day] ?? day).join(" ")}</>;
}
