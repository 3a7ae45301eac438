import { namespaceChoice } from "../../api/client.ts";
import type { JobJson } from "../../api/shapes.ts";
import { saveBlob } from "../../kit/save-blob.ts";
import { definitionOf } from "./job-definition.ts";

/** Saves the definitions of jobs as a file: each is the body of a PUT. */
export function exportJobs(jobs: readonly JobJson[]): void {
  const exportedAt = new Date().toISOString();
  const namespace = jobs[0]?.namespace ?? namespaceChoice.read();
  const text = JSON.stringify({ exportedAt, namespace, jobs: jobs.map(definitionOf) }, null, 2);
  const only = jobs.length === 1 ? jobs[0]?.name : undefined;
  const file = new Blob([`${text}\n`], { type: "application/json" });
  saveBlob(`${only ?? "jobs"}-${exportedAt.slice(0, 10)}.json`, file);
}
