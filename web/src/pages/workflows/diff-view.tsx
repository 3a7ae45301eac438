import { useMemo } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { lineDiff, type DiffLine } from "./line-diff.ts";
import { workflowStrings } from "./strings.ts";

const LOOKS = {
  same: "",
  added: "bg-ok-ground text-ok",
  removed: "bg-bad-ground text-bad",
} as const;
const MARKS = { same: " ", added: "+", removed: "-" } as const;

/** Two texts compared line by line. */
export function DiffView({ before, after }: { readonly before: string; readonly after: string }) {
  const say = useStrings(workflowStrings);
  const lines = useMemo(() => lineDiff(before, after), [before, after]);
  if (before === after) return <p class="py-3 text-muted">{say("same")}</p>;
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={say("diffLabel")}
      class="max-h-[32rem] overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-xs whitespace-pre"
    >
      {lines.map((line, at) => (
        <Line key={at} line={line} />
      ))}
    </div>
  );
}

function Line({ line }: { readonly line: DiffLine }) {
  const say = useStrings(workflowStrings);
  if (line.kind === "gap")
    return <div class="py-0.5 text-muted">⋯ {say("unchanged", { count: line.count })}</div>;
  return (
    <div class={`w-fit min-w-full ${LOOKS[line.kind]}`}>
      <span aria-hidden="true">{MARKS[line.kind]} </span>
      {line.kind !== "same" && <span class="sr-only">{say(line.kind)}: </span>}
      {line.text}
    </div>
  );
}
