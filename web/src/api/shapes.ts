import type { z } from "zod";
import type { explanationOut } from "../../../src/api/explain-json.ts";
import type {
  executorOut,
  newExecutorOut,
  nodeEventOut,
  nodeOut,
  pingOut,
  rotationOut,
} from "../../../src/api/executor-json.ts";
import type { jobFullOut } from "../../../src/api/job-json.ts";
import type { workflowRunFullOut } from "../../../src/api/workflow-graph-json.ts";
import type { workflowFullOut, workflowListedOut } from "../../../src/api/workflow-json.ts";

// The shapes of the API's answers, inferred from the definitions that validate and describe them. Only types
// are imported here: nothing of the server gets into the bundle.
export type { AuditJson, HistoryJson } from "../../../src/api/audit-json.ts";
export type { JobJson } from "../../../src/api/job-json.ts";
export type { LogLineJson } from "../../../src/api/log-json.ts";
export type { NamespaceJson } from "../../../src/api/namespace-json.ts";
export type { MeJson, SessionJson, UserJson } from "../../../src/api/people-json.ts";
export type { RunJson } from "../../../src/api/run-json.ts";
export type {
  AboutJson,
  FiresJson,
  JobStatsJson,
  SummaryJson,
  TrendJson,
} from "../../../src/api/stats-json.ts";
export type { TickJson } from "../../../src/api/tick-json.ts";
export type { WorkflowRunJson } from "../../../src/api/workflow-run-json.ts";
export type { Role } from "../../../src/core/role.ts";

export type JobFullJson = z.infer<typeof jobFullOut>;
export type ExplanationJson = z.infer<typeof explanationOut>;
export type ExecutorJson = z.infer<typeof executorOut>;
export type NewExecutorJson = z.infer<typeof newExecutorOut>;
export type NodeJson = z.infer<typeof nodeOut>;
export type NodeEventJson = z.infer<typeof nodeEventOut>;
export type PingJson = z.infer<typeof pingOut>;
export type RotationJson = z.infer<typeof rotationOut>;
export type WorkflowListedJson = z.infer<typeof workflowListedOut>;
export type WorkflowFullJson = z.infer<typeof workflowFullOut>;
export type WorkflowRunFullJson = z.infer<typeof workflowRunFullOut>;

/** One page of a list. */
export interface PageJson<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
