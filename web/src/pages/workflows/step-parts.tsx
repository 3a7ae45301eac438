import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Span } from "../../kit/time.tsx";
import { runStrings } from "./run-strings.ts";
import type { StepFullJson, StepPartJson } from "./workflow-shapes.ts";

const PAGE = 25;

/** The tasks of a step, or the items of a map, each with its run. */
export function StepParts(props: {
  readonly path: string;
  readonly run: string;
  readonly parts: StepFullJson["parts"];
}) {
  const say = useStrings(runStrings);
  const sayKit = useStrings(kitStrings);
  const { path, run, parts } = props;
  const list = usePages<StepPartJson>(`${path}?limit=${PAGE}`, {
    topics: [`workflow-run:${run}`],
  });
  const columns: readonly Column<StepPartJson>[] = [
    {
      key: "part",
      title: say("part"),
      isNumber: true,
      cell: ({ part, run: id }) => <TextLink href={`/runs/${id}`}>{part}</TextLink>,
    },
    { key: "state", title: say("state"), cell: ({ state }) => <Status state={state} /> },
    {
      key: "took",
      title: say("duration"),
      isNumber: true,
      cell: (part) => <Span ms={part.durationMs} />,
    },
    { key: "more", title: say("input"), cell: (part) => <PartText part={part} /> },
  ];
  return (
    <section>
      <h3 class="mb-1 text-xs font-semibold">
        {say("partsHead")}{" "}
        <span class="font-normal text-muted">{say("partsOf", { ...parts })}</span>
      </h3>
      <Loaded of={list}>
        {(rows) => (
          <Table
            caption={say("partsHead")}
            columns={columns}
            rows={rows}
            idOf={({ part }) => String(part)}
            isDense
          />
        )}
      </Loaded>
      {list.hasMore && (
        <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
          {sayKit("more")}
        </Button>
      )}
    </section>
  );
}

/** What it was given, and what it gave or why it failed, in a line each. */
function PartText({
  part: { input, inputCut, output, outputCut, error },
}: {
  readonly part: StepPartJson;
}) {
  const say = useStrings(runStrings);
  return (
    <span class="line-clamp-3 block max-w-64 font-mono text-xs break-all">
      {inputCut ? say("cutList") : input !== null && JSON.stringify(input)}
      {error === null ? (
        <span class="block text-muted">
          {outputCut ? say("cutList") : output !== null && `→ ${JSON.stringify(output)}`}
        </span>
      ) : (
        <span class="block text-bad">{error.message}</span>
      )}
    </span>
  );
}
