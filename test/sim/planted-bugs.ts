import type { PlantedBug } from "./planted-bug.ts";
import { OVERLAP_BUGS } from "./planted-overlap-bugs.ts";
import { RUN_BUGS } from "./planted-run-bugs.ts";
import { SCHEDULE_BUGS } from "./planted-schedule-bugs.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [...RUN_BUGS, ...OVERLAP_BUGS, ...SCHEDULE_BUGS];
