import { useMemo, useState } from "preact/compat";
import { useApi, usePages } from "../../api/use-api.ts";
import type { WorkflowListedJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Field, Select } from "../../kit/field.tsx";
import { Card } from "../../kit/layout.tsx";
import { Failure, Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters } from "../../url/filters.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { definitionOf, formatOf, type Format } from "./definition-text.ts";
import { DiffView } from "./diff-view.tsx";
import { FormatChoice } from "./format-choice.tsx";
import { RestoreVersion } from "./restore-version.tsx";
import { workflowStrings } from "./strings.ts";
import { useDefinitionText } from "./use-definition-text.ts";
import { addressOf, useRunAction } from "./workflow-actions.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

const PAGE = 50;

/** What a workflow was, version by version, and what differs between two of them. */
export function WorkflowVersions({ name }: { readonly name: string }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const list = usePages<WorkflowListedJson>(`${addressOf(name)}/versions?limit=${PAGE}`);
  return (
    <Loaded of={list}>
      {(versions) => (
        <div class="flex flex-col gap-4">
          <Card title={say("versions")}>
            <VersionTable versions={versions} />
            {list.hasMore && (
              <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
                {sayKit("more")}
              </Button>
            )}
          </Card>
          {versions.length < 2 ? (
            <p class="text-muted">{say("oneVersion")}</p>
          ) : (
            <Comparison name={name} numbers={versions.map(({ version }) => version)} />
          )}
        </div>
      )}
    </Loaded>
  );
}

function VersionTable({ versions }: { readonly versions: readonly WorkflowListedJson[] }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [restoring, setRestoring] = useState<WorkflowListedJson | null>(null);
  const newest = versions[0]?.version;
  const columns: readonly Column<WorkflowListedJson>[] = [
    { key: "version", title: say("version"), cell: ({ version }) => version },
    {
      key: "saved",
      title: say("saved"),
      cell: ({ updatedAt }) => <Time at={updatedAt} as="both" />,
    },
    { key: "steps", title: say("steps"), isNumber: true, cell: ({ stepCount }) => stepCount },
    {
      key: "actions",
      title: sayKit("actions"),
      cell: (workflow) => (
        <VersionActions
          workflow={workflow}
          isNewest={workflow.version === newest}
          onRestore={() => setRestoring(workflow)}
        />
      ),
    },
  ];
  return (
    <>
      <Table
        caption={say("versions")}
        columns={columns}
        rows={versions}
        idOf={({ version }) => String(version)}
      />
      {restoring !== null && (
        <RestoreVersion
          name={restoring.name}
          version={restoring.version}
          onClose={() => setRestoring(null)}
        />
      )}
    </>
  );
}

function VersionActions(props: {
  readonly workflow: WorkflowListedJson;
  readonly isNewest: boolean;
  readonly onRestore: () => void;
}) {
  const say = useStrings(workflowStrings);
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const runOf = useRunAction();
  const [action, setAction] = useState<Action<WorkflowRunJson> | null>(null);
  const { workflow, isNewest, onRestore } = props;
  return (
    <span class="flex flex-wrap gap-2">
      {mayRun && (
        <Button onClick={() => setAction(runOf(workflow, workflow.version))}>
          {say("runVersion")}
        </Button>
      )}
      {mayEdit && !isNewest && <Button onClick={onRestore}>{say("restoreVersion")}</Button>}
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </span>
  );
}

function Comparison(props: { readonly name: string; readonly numbers: readonly number[] }) {
  const say = useStrings(workflowStrings);
  const [filters, setFilters] = useFilters();
  const { name, numbers } = props;
  const [newest = 0, second = 0] = numbers;
  const older = chosen(filters["old"], numbers) ?? second;
  const newer = chosen(filters["new"], numbers) ?? newest;
  const format = formatOf(filters["format"]);
  const options = numbers.map((version) => ({
    value: String(version),
    label: say("versionNumber", { version }),
  }));
  return (
    <Card
      title={say("compare", { old: older, newer })}
      actions={<FormatChoice format={format} onChange={(next) => setFilters({ format: next })} />}
    >
      <div class="mb-3 flex flex-wrap gap-3">
        <Field label={say("compareOld")}>
          {(control) => (
            <Select
              {...control}
              options={options}
              value={String(older)}
              onChange={(event) => setFilters({ old: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label={say("compareNew")}>
          {(control) => (
            <Select
              {...control}
              options={options}
              value={String(newer)}
              onChange={(event) => setFilters({ new: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <Compared name={name} older={older} newer={newer} format={format} />
    </Card>
  );
}

function chosen(text: string | undefined, numbers: readonly number[]): number | undefined {
  return numbers.find((version) => String(version) === text);
}

function Compared(props: {
  readonly name: string;
  readonly older: number;
  readonly newer: number;
  readonly format: Format;
}) {
  const { name, older, newer, format } = props;
  const before = useVersion(name, older, format);
  const after = useVersion(name, newer, format);
  const problem = before.read.problem ?? after.read.problem;
  if (problem !== null)
    return (
      <Failure
        problem={problem}
        again={() => {
          before.read.again();
          after.read.again();
        }}
      />
    );
  if (before.text === null || after.text === null) return <div class="min-h-24" />;
  return <DiffView before={before.text} after={after.text} />;
}

function useVersion(name: string, version: number, format: Format) {
  const read = useApi<WorkflowJson>(`${addressOf(name)}/versions/${version}`);
  const { data } = read;
  const definition = useMemo(() => (data === undefined ? null : definitionOf(data)), [data]);
  return { read, text: useDefinitionText(definition, format) };
}
