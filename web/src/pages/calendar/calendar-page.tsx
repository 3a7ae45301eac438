import { Page } from "../../kit/layout.tsx";

export function CalendarPage() {
  return <Page title="CalendarPage">…</Page>;
}
