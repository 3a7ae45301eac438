import { MoreHorizontal, Play } from "lucide-react";
import { useMemo, useState } from "preact/compat";
import { useLocation } from "wouter";
import type { WorkflowListedJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { useMay } from "../../shell/me.ts";
import { useRowKeys } from "../../shell/row-keys.ts";
import { withFilters } from "../../url/filters.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { LastRuns, useLatestRuns, type Latest } from "./last-runs.tsx";
import { workflowStrings } from "./strings.ts";
import { addressOf, useCopyDefinition, useDeleteAction, useRunAction } from "./workflow-actions.ts";

/** Workflows, a line each: what starts them, how their last runs went, and what can be done to them. */
export function WorkflowTable({
  workflows,
}: {
  readonly workflows: readonly WorkflowListedJson[];
}) {
  const say = useStrings(workflowStrings);
  const [action, setAction] = useState<Action<never> | null>(null);
  const [, navigate] = useLocation();
  const latest = useLatestRuns();
  const ids = useMemo(() => workflows.map(({ name }) => name), [workflows]);
  const acts = useMemo(() => ({ open: (name: string) => navigate(addressOf(name)) }), [navigate]);
  const currentId = useRowKeys(ids, acts);
  const columns = useColumns(latest, setAction);
  return (
    <>
      <Table
        caption={say("workflows")}
        columns={columns}
        rows={workflows}
        idOf={({ name }) => name}
        currentId={currentId}
      />
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </>
  );
}

function useColumns(
  latest: Latest | null,
  ask: (action: Action<never>) => void,
): readonly Column<WorkflowListedJson>[] {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  return [
    { key: "name", title: say("name"), cell: (workflow) => <NameCell workflow={workflow} /> },
    {
      key: "steps",
      title: say("steps"),
      isNumber: true,
      cell: ({ name, stepCount }) => (
        <TextLink href={addressOf(name)}>{stepCount.toLocaleString()}</TextLink>
      ),
    },
    {
      key: "startedBy",
      title: say("startedBy"),
      isWideOnly: true,
      cell: ({ on }) =>
        on.length === 0 ? (
          <span class="text-muted">{say("byApi")}</span>
        ) : (
          on.map(({ event }) => (
            <code key={event} class="mr-2 text-xs">
              {say("onEvent", { event })}
            </code>
          ))
        ),
    },
    {
      key: "last",
      title: say("lastRuns"),
      cell: ({ name }) => <LastRuns name={name} latest={latest} />,
    },
    {
      key: "acts",
      title: sayKit("actions"),
      cell: (workflow) => <RowActions workflow={workflow} ask={ask} />,
    },
  ];
}

function NameCell({ workflow }: { readonly workflow: WorkflowListedJson }) {
  const { name, description, tags } = workflow;
  return (
    <div class="min-w-32">
      <TextLink href={addressOf(name)} class="font-medium break-all">
        {name}
      </TextLink>
      {description !== "" && <p class="max-w-md truncate text-xs text-muted">{description}</p>}
      <p class="flex flex-wrap gap-1">
        {tags.map((tag) => (
          <TextLink
            key={tag}
            href={withFilters("/workflows", { tag })}
            class="rounded bg-hover px-1.5 text-xs"
          >
            {tag}
          </TextLink>
        ))}
      </p>
    </div>
  );
}

function RowActions(props: {
  readonly workflow: WorkflowListedJson;
  readonly ask: (action: Action<never>) => void;
}) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, navigate] = useLocation();
  const runOf = useRunAction();
  const deletionOf = useDeleteAction();
  const copy = useCopyDefinition();
  const mayRun = useMay("operator");
  const mayEdit = useMay("editor");
  const { workflow, ask } = props;
  const { name } = workflow;
  return (
    <span class="flex justify-end gap-1">
      {mayRun && (
        <Button onClick={() => ask(runOf(workflow))}>
          <Play size={14} aria-hidden="true" />
          {say("run")}
        </Button>
      )}
      {mayEdit && <ButtonLink href={`${addressOf(name)}/edit`}>{say("edit")}</ButtonLink>}
      <Menu
        trigger={<MoreHorizontal size={16} />}
        label={`${sayKit("actions")}: ${name}`}
        items={[
          {
            label: say("versions"),
            onSelect: () => navigate(`${addressOf(name)}?tab=versions`),
          },
          { label: say("copyYaml"), onSelect: () => void copy(name, "yaml") },
          { label: say("copyJson"), onSelect: () => void copy(name, "json") },
          ...(mayEdit
            ? [
                {
                  label: sayKit("delete"),
                  isDanger: true,
                  onSelect: () => ask(deletionOf(workflow, () => {})),
                },
              ]
            : []),
        ]}
      />
    </span>
  );
}
