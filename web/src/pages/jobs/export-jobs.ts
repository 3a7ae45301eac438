import { namespaceChoice } from "../../api/client.ts";
import type { JobJson } from "../../api/shapes.ts";
import { definitionOf } from "./job-definition.ts";
import { saveFile } from "./save-file.ts";

/** Saves the definitions of jobs as a file: each is the body of a PUT. */
export function exportJobs(jobs: readonly JobJson[]): void {
  const exportedAt = new Date().toISOString();
  const namespace = jobs[0]?.namespace ?? namespaceChoice.read();
  const text = JSON.stringify({ exportedAt, namespace, jobs: jobs.map(definitionOf) }, null, 2);
  const only = jobs.length === 1 ? jobs[0]?.name : undefined;
  saveFile(`${only ?? "jobs"}-${exportedAt.slice(0, 10)}.json`, `${text}\n`);
}
