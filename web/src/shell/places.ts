import { CalendarDays, House, ListChecks, Play, Server, Settings, Workflow } from "lucide-react";

/** The parts of the dashboard, in the order of the rail; `letter` goes there after `g`. */
export const PLACES = [
  { key: "home", href: "/", Icon: House, letter: "h" },
  { key: "jobs", href: "/jobs", Icon: ListChecks, letter: "j" },
  { key: "runs", href: "/runs", Icon: Play, letter: "r" },
  { key: "workflows", href: "/workflows", Icon: Workflow, letter: "w" },
  { key: "calendar", href: "/calendar", Icon: CalendarDays, letter: "c" },
  { key: "executors", href: "/executors", Icon: Server, letter: "e" },
  { key: "settings", href: "/settings", Icon: Settings, letter: "s" },
] as const;
