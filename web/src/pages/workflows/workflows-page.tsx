import { usePages } from "../../api/use-api.ts";
import type { WorkflowListedJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Field, TextInput } from "../../kit/field.tsx";
import { Card, Code, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useMay } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { curlOf } from "./definition-text.ts";
import { EXAMPLE_EMPTY } from "./examples.ts";
import { workflowStrings } from "./strings.ts";
import { WorkflowTable } from "./workflow-table.tsx";

const PAGE = "50";

/** All workflows of the namespace, each with what starts it and how its last runs went. */
export function WorkflowsPage() {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const mayEdit = useMay("editor");
  const [filters] = useFilters();
  const { q = "", tag = "" } = filters;
  const list = usePages<WorkflowListedJson>(withFilters("/workflows", { q, tag, limit: PAGE }), {
    isKept: true,
  });
  const isFiltered = q !== "" || tag !== "";
  return (
    <Page
      title={say("workflows")}
      actions={
        <>
          <ButtonLink href="/workflow-runs">{say("workflowRuns")}</ButtonLink>
          {mayEdit && (
            <ButtonLink href="/workflows/new" look="primary">
              {say("newWorkflow")}
            </ButtonLink>
          )}
        </>
      }
    >
      <Card>
        <WorkflowFilters q={q} tag={tag} />
        <Loaded of={list}>
          {(workflows) =>
            workflows.length === 0 ? (
              <NoWorkflows isFiltered={isFiltered} />
            ) : (
              <WorkflowTable workflows={workflows} />
            )
          }
        </Loaded>
        {list.hasMore && (
          <Button class="mt-2" disabled={list.isLoadingMore} onClick={() => list.more()}>
            {sayKit("more")}
          </Button>
        )}
      </Card>
    </Page>
  );
}

function WorkflowFilters({ q, tag }: { readonly q: string; readonly tag: string }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, setFilters] = useFilters();
  return (
    <div class="mb-3 flex flex-wrap items-end gap-3">
      <div class="w-64 max-w-full">
        <Field label={say("find")}>
          {(control) => (
            <TextInput
              {...control}
              type="search"
              value={q}
              onInput={(event) => setFilters({ q: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <div class="w-40 max-w-full">
        <Field label={say("tag")}>
          {(control) => (
            <TextInput
              {...control}
              type="search"
              value={tag}
              onInput={(event) => setFilters({ tag: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
      {(q !== "" || tag !== "") && (
        <Button look="quiet" onClick={() => setFilters({ q: "", tag: "" })}>
          {sayKit("clear")}
        </Button>
      )}
    </div>
  );
}

function NoWorkflows({ isFiltered }: { readonly isFiltered: boolean }) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  const [, setFilters] = useFilters();
  const mayEdit = useMay("editor");
  if (isFiltered)
    return (
      <Empty title={say("noMatch")}>
        <Button onClick={() => setFilters({ q: "", tag: "" })}>{sayKit("clear")}</Button>
      </Empty>
    );
  const curl = curlOf("ask", EXAMPLE_EMPTY);
  return (
    <Empty title={say("emptyTitle")}>
      <p>{say("emptyAbout")}</p>
      <div class="my-3 text-left text-text">
        <Code text={curl} label={say("exampleCurl")} />
      </div>
      <div class="flex flex-wrap justify-center gap-2">
        <CopyButton text={curl} />
        {mayEdit && (
          <ButtonLink href="/workflows/new" look="primary">
            {say("newWorkflow")}
          </ButtonLink>
        )}
      </div>
    </Empty>
  );
}
