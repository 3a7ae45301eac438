import type { WorkflowRunFullJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { runStrings } from "./run-strings.ts";
import { ShownJson } from "./shown-json.tsx";
import { ACTS } from "./step-panel.tsx";

type Revision = WorkflowRunFullJson["revisions"][number];

/** What a workflow run was given, what its steps share, what it gave, and what people did to it. */
export function RunData({ run }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const { params, context, output, outputCut } = run;
  return (
    <div class="grid gap-4 lg:grid-cols-2">
      <Card>
        <div class="flex flex-col gap-3">
          <ShownJson title={say("params")} value={params} isCut={false} isOpen />
          <ShownJson
            title={say("context")}
            value={context}
            isCut={false}
            isOpen
            about={say("contextAbout")}
          />
        </div>
      </Card>
      <Card>
        <ShownJson title={say("output")} value={output} isCut={outputCut} isOpen />
      </Card>
      <Card title={say("revisions")} class="lg:col-span-2">
        <Revisions revisions={run.revisions} />
      </Card>
    </div>
  );
}

function Revisions({ revisions }: { readonly revisions: readonly Revision[] }) {
  const say = useStrings(runStrings);
  if (revisions.length === 0) return <p class="text-muted">{say("noRevisions")}</p>;
  const columns: readonly Column<Revision>[] = [
    { key: "revision", title: say("revision"), isNumber: true, cell: ({ revision }) => revision },
    { key: "at", title: say("at"), cell: ({ at }) => <Time at={at} as="both" /> },
    { key: "action", title: say("action"), cell: ({ action }) => say(ACTS[action]) },
    { key: "step", title: say("step"), cell: ({ step }) => step ?? say("everyStep") },
    { key: "by", title: say("by"), cell: ({ by }) => by ?? "–" },
  ];
  return (
    <Table
      caption={say("revisions")}
      columns={columns}
      rows={revisions.toReversed()}
      idOf={({ revision }) => String(revision)}
    />
  );
}
