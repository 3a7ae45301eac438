import { EGRESS_BREAK_OFF_CASES } from "./egress-break-off.cases.ts";
import type { EgressCase } from "./egress-case.ts";
import { EGRESS_FAULT_CASES } from "./egress-fault.cases.ts";
import { EGRESS_GUARD_CASES } from "./egress-guard.cases.ts";
import { EGRESS_WIRE_CASES } from "./egress-wire.cases.ts";

/** What every way out must keep, on every runtime. */
export const EGRESS_CASES: readonly EgressCase[] = [
  ...EGRESS_GUARD_CASES,
  ...EGRESS_WIRE_CASES,
  ...EGRESS_FAULT_CASES,
  ...EGRESS_BREAK_OFF_CASES,
];
