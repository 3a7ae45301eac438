import { EXECUTOR_BUGS } from "./planted-executor-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { OVERLAP_BUGS } from "./planted-overlap-bugs.ts";
import { RUN_BUGS } from "./planted-run-bugs.ts";
import { SCHEDULE_BUGS } from "./planted-schedule-bugs.ts";
import { SLICE_BUGS } from "./planted-slice-bugs.ts";
import { WORKFLOW_BUGS } from "./planted-workflow-bugs.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...RUN_BUGS,
  ...OVERLAP_BUGS,
  ...SCHEDULE_BUGS,
  ...EXECUTOR_BUGS,
  ...SLICE_BUGS,
  ...WORKFLOW_BUGS,
];
