import type { JobFullJson } from "../../api/shapes.ts";
import { History } from "../../history/history.tsx";
import type { RestorableObject } from "../../history/restorable-object.ts";
import { jobPath } from "./copy-as-curl.ts";
import { definitionIn, isDefinition, toldOf } from "./job-definition.ts";

/** Who changed the job, when and how; and a way back. */
export function HistoryTab({ job: { name } }: { readonly job: JobFullJson }) {
  return <History of={restorableJob(name)} />;
}

function restorableJob(name: string): RestorableObject {
  const path = jobPath(name);
  return {
    kind: "job",
    name,
    path,
    isWhole: isDefinition,
    definition: definitionIn,
    told: toldOf,
    // An old definition keeps the name that the job has now.
    request: (body, ifMatch) => ({ method: "PUT", path, body: { ...body, name }, ifMatch }),
  };
}
