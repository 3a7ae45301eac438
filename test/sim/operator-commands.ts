/** What people do to jobs, and how often. */
export const COMMANDS = {
  edit: 3,
  touch: 1,
  pause: 3,
  resume: 3,
  runNow: 4,
  cancel: 5,
  retry: 1,
  remove: 1,
  create: 1,
  look: 1,
  backfill: 3,
  calendar: 2,
} as const;

export const COMMAND_NAMES = [
  "edit",
  "touch",
  "pause",
  "resume",
  "runNow",
  "cancel",
  "retry",
  "remove",
  "create",
  "look",
  "backfill",
  "calendar",
] as const;
