import { Ellipsis } from "lucide-react";
import { useLocation } from "wouter";
import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { withFilters } from "../../url/filters.ts";
import { curlOf, jobHref, jobPath } from "./copy-as-curl.ts";
import { definitionOf } from "./job-definition.ts";
import { jobsStrings } from "./strings.ts";
import type { JobActions } from "./use-job-actions.ts";

interface JobMenuProps {
  readonly job: JobJson;
  readonly actions: JobActions;
  readonly exportOne: (job: JobJson) => void;
}

/** What is done to a job less often than running it. */
export function JobMenu({ job, actions, exportOne }: JobMenuProps) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  const mayEdit = useMay("editor");
  const [, navigate] = useLocation();
  const { name } = job;
  const copyCurl = async (): Promise<void> => {
    await navigator.clipboard.writeText(curlOf("PUT", jobPath(name), definitionOf(job)));
    toast(sayKit("copied"));
  };
  const edits = [
    { label: say("edit"), onSelect: () => navigate(jobHref(name, "/edit")) },
    { label: say("duplicate"), onSelect: () => navigate(withFilters("/jobs/new", { copy: name })) },
  ];
  const items = [
    ...(mayEdit ? edits : []),
    { label: say("allRuns"), onSelect: () => navigate(withFilters("/runs", { job: name })) },
    { label: say("copyCurl"), onSelect: () => void copyCurl() },
    { label: say("exportJson"), onSelect: () => exportOne(job) },
    ...(mayEdit
      ? [{ label: sayKit("delete"), onSelect: () => actions.remove(name), isDanger: true }]
      : []),
  ];
  return (
    <Menu
      label={`${sayKit("actions")}: ${name}`}
      trigger={<Ellipsis size={16} aria-hidden="true" />}
      items={items}
    />
  );
}
