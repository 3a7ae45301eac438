import { useState } from "preact/compat";
import { ChevronDown, ChevronRight } from "lucide-react";
import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Table, type Column, type Selection } from "../../kit/table.tsx";
import { jobsStrings } from "./strings.ts";

interface JobTablesProps {
  readonly jobs: readonly JobJson[];
  readonly columns: readonly Column<JobJson>[];
  readonly selection: Selection;
  readonly currentId: string | null;
  /** One table for each first tag, which can be folded. */
  readonly isGrouped: boolean;
}

/** The jobs in one table, or in one for each tag. */
export function JobTables(props: JobTablesProps) {
  const say = useStrings(jobsStrings);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  if (!props.isGrouped) return <JobTable {...props} caption={say("jobs")} />;
  const groups = Map.groupBy(props.jobs, ({ tags }) => tags[0] ?? "");
  const toggle = (tag: string): void =>
    setFolded(
      folded.has(tag)
        ? new Set([...folded].filter((other) => other !== tag))
        : new Set([...folded, tag]),
    );
  return (
    <>
      {[...groups].toSorted(byTag).map(([tag, jobs]) => {
        const caption = tag === "" ? say("untagged") : tag;
        const isFolded = folded.has(tag);
        return (
          <section key={tag} class="mb-3">
            <h2 class="text-sm font-semibold">
              <button
                type="button"
                aria-expanded={!isFolded}
                class="flex w-full items-center gap-1 rounded px-1 py-1 text-left hover:bg-hover"
                onClick={() => toggle(tag)}
              >
                {isFolded ? <ChevronRight size={16} /> : <ChevronDown size={16} />}
                {caption} <span class="font-normal text-muted">({jobs.length})</span>
              </button>
            </h2>
            {!isFolded && <JobTable {...props} jobs={jobs} caption={caption} />}
          </section>
        );
      })}
    </>
  );
}

function JobTable(props: JobTablesProps & { readonly caption: string }) {
  return (
    <Table
      caption={props.caption}
      columns={props.columns}
      rows={props.jobs}
      idOf={({ name }) => name}
      nameOf={({ name }) => name}
      selection={props.selection}
      currentId={props.currentId}
    />
  );
}

/** By name; jobs without a tag come last. */
function byTag([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a < b ? -1 : 1;
}
