import { useEffect, useRef, useState } from "preact/compat";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { ExecutorJson, PageJson, WorkflowListedJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, IconButton, TextLink } from "../../kit/button.tsx";
import { TextInput } from "../../kit/field.tsx";
import { jsonAt } from "../../kit/json-pointer.ts";
import { Card } from "../../kit/layout.tsx";
import { Plus, Trash2 } from "lucide-react";
import { Choice } from "./choice.tsx";
import { JsonAt, ListAt, partsOf, SelectAt, TextAt } from "./fields-at.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

const KINDS = ["webhook", "executor", "workflow"] as const;
type Kind = (typeof KINDS)[number];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const ROUTES = [
  "round_robin",
  "weighted_round_robin",
  "random",
  "weighted_random",
  "consistent_hash",
  "least_in_flight",
  "least_recently_used",
  "first",
  "last",
] as const;
const ON_LOST = ["resend", "fail", "wait"] as const;
const FRESH: Readonly<Record<Kind, Json>> = {
  webhook: { kind: "webhook", url: "", method: "POST" },
  executor: { kind: "executor", executor: "", handler: "" },
  workflow: { kind: "workflow", workflow: "" },
};

/** What the job calls: a web address, a handler of an executor, or a workflow. */
export function TargetCard() {
  const say = useStrings(formStrings);
  const { draft, set } = useJobForm();
  const said = textIn(draft, "/target/kind");
  const kind = KINDS.find((known) => known === said) ?? "webhook";
  // What was typed for another kind comes back with it.
  const others = useRef<Partial<Record<Kind, Json>>>({});
  const choose = (next: Kind): void => {
    const present = jsonAt(draft, "/target");
    if (present !== undefined) others.current[kind] = present;
    set("/target", others.current[next] ?? FRESH[next]);
  };
  return (
    <Card title={say("cardTarget")}>
      <div class="flex flex-col gap-3">
        <Choice
          label={say("targetKind")}
          value={kind}
          options={KINDS.map((one) => ({ value: one, label: say(`target_${one}`) }))}
          onChange={choose}
        />
        {kind === "webhook" && <Webhook />}
        {kind === "executor" && <Executor />}
        {kind === "workflow" && <Workflow />}
        <JsonAt at="/params" label={say("params")} hint={say("paramsAbout")} whenEmpty={{}} />
      </div>
    </Card>
  );
}

function Webhook() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const mode = textIn(draft, "/target/mode") === "async" ? "async" : "sync";
  return (
    <>
      <div class="grid gap-3 sm:grid-cols-[8rem_1fr]">
        <SelectAt
          at="/target/method"
          label={say("method")}
          usual="POST"
          options={METHODS.map((value) => ({ value, label: value }))}
        />
        <TextAt at="/target/url" label="URL" isRequired placeholder="https://example.com/hook" />
      </div>
      <Headers />
      <JsonAt at="/target/body" label={say("body")} hint={say("bodyAbout")} whenEmpty={null} />
      <SelectAt
        at="/target/mode"
        label={say("mode")}
        usual="sync"
        hint={say(`mode_${mode}_about`)}
        options={[
          { value: "sync", label: say("mode_sync") },
          { value: "async", label: say("mode_async") },
        ]}
      />
    </>
  );
}

type Row = readonly [string, string];

/** The headers as rows: a name may be empty while it is typed, and then it is not sent. */
function Headers() {
  const say = useStrings(formStrings);
  const { draft, set, faultAt } = useJobForm();
  const stored = jsonAt(draft, "/target/headers");
  const entries: readonly Row[] =
    stored !== undefined && isJsonObject(stored)
      ? Object.entries(stored).map(([name, value]) => [
          name,
          typeof value === "string" ? value : "",
        ])
      : [];
  const [typed, setTyped] = useState<readonly Row[]>(entries);
  const named = typed.filter(([name]) => name !== "");
  const isSame = JSON.stringify(Object.fromEntries(named)) === JSON.stringify(stored ?? {});
  const rows = isSame ? typed : entries;
  const write = (next: readonly Row[]): void => {
    setTyped(next);
    set("/target/headers", Object.fromEntries(next.filter(([name]) => name !== "")));
  };
  const change = (i: number, row: Row) => write(rows.map((old, at) => (at === i ? row : old)));
  const fault = faultAt("/target/headers");
  return (
    <fieldset data-at="/target/headers" class="min-w-0">
      <legend class="mb-1 font-medium">{say("headers")}</legend>
      {rows.map(([name, value], i) => (
        // Rows have no identity but their place.
        <div key={i} class="mb-1 grid grid-cols-[1fr_1fr_auto] gap-2">
          <TextInput
            aria-label={say("headerName")}
            value={name}
            onInput={(event) => change(i, [event.currentTarget.value, value])}
          />
          <TextInput
            aria-label={say("headerValue")}
            value={value}
            onInput={(event) => change(i, [name, event.currentTarget.value])}
          />
          <IconButton
            label={say("removeHeader", { name })}
            onClick={() => write(rows.filter((_, at) => at !== i))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      {fault !== undefined && <p class="text-xs text-bad">{fault}</p>}
      <Button look="quiet" onClick={() => setTyped([...rows, ["", ""]])}>
        <Plus size={14} aria-hidden="true" /> {say("addHeader")}
      </Button>
    </fieldset>
  );
}

function Executor() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const executors = useApi<PageJson<ExecutorJson>>("/executors?limit=200");
  const known = executors.data?.items ?? [];
  const appKey = textIn(draft, "/target/executor");
  const nodes = known.find((one) => one.appKey === appKey)?.nodes ?? [];
  const handlers = [...new Set(nodes.flatMap((node) => node.handlers ?? []))];
  const policy = textIn(draft, "/target/route");
  const names = known.map((one) => ({ value: one.appKey, label: `${one.appKey} · ${one.name}` }));
  return (
    <>
      <div class="grid gap-3 sm:grid-cols-2">
        <SelectAt
          at="/target/executor"
          label={say("executor")}
          isRequired
          options={[{ value: "", label: say("choose") }, ...names]}
        />
        <TextAt at="/target/handler" label={say("handler")} isRequired list="handlers" />
        <SelectAt
          at="/target/route"
          label={say("route")}
          usual="round_robin"
          options={ROUTES.map((one) => ({ value: one, label: say(`route_${one}`) }))}
        />
        {policy === "consistent_hash" && (
          <TextAt
            at="/target/hashKey"
            label={say("hashKey")}
            hint={say("hashKeyAbout")}
            whenEmpty={null}
            placeholder="params.customer"
          />
        )}
        <Pinned nodes={nodes.map(({ address }) => address)} />
        <ListAt at="/target/tags" label={say("nodeTags")} hint={say("nodeTagsAbout")} />
        <OnNodeLost />
      </div>
      <datalist id="handlers">
        {handlers.map((handler) => (
          <option key={handler} value={handler} />
        ))}
      </datalist>
      {executors.data !== undefined && known.length === 0 && (
        <p class="text-warn">
          {say("noExecutors")}{" "}
          <TextLink href="/executors/new" class="underline">
            {say("newExecutor")}
          </TextLink>
        </p>
      )}
    </>
  );
}

function OnNodeLost() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const lost = ON_LOST.find((one) => one === textIn(draft, "/target/onNodeLost")) ?? "resend";
  return (
    <SelectAt
      at="/target/onNodeLost"
      label={say("onNodeLost")}
      usual="resend"
      hint={say(`lost_${lost}_about`)}
      options={ON_LOST.map((one) => ({ value: one, label: say(`lost_${one}`) }))}
    />
  );
}

/** The nodes that may be chosen: none is any, one is a text, several are a list. */
function Pinned({ nodes }: { readonly nodes: readonly string[] }) {
  const say = useStrings(formStrings);
  const { draft, set, faultAt } = useJobForm();
  const value = jsonAt(draft, "/target/node");
  const shown = Array.isArray(value) ? value.join(", ") : textIn(draft, "/target/node");
  const [typed, setTyped] = useState(shown);
  useEffect(() => {
    // The value came from elsewhere, such as a draft that was thrown away.
    if (partsOf(typed).join(", ") !== shown) setTyped(shown);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- The text is what this compares with.
  }, [shown]);
  const write = (text: string): void => {
    setTyped(text);
    const parts = partsOf(text);
    set(
      "/target/node",
      parts.length === 0 ? null : parts.length === 1 ? (parts[0] ?? null) : parts,
    );
  };
  const fault = faultAt("/target/node");
  return (
    <div data-at="/target/node">
      <label class="block">
        <span class="mb-1 block font-medium">{say("nodes")}</span>
        <TextInput
          value={typed}
          list="nodes"
          {...(fault === undefined ? {} : { "aria-invalid": true })}
          onInput={(event) => write(event.currentTarget.value)}
        />
      </label>
      <p class="mt-1 text-xs text-muted">{say("nodesAbout")}</p>
      {fault !== undefined && <p class="text-xs text-bad">{fault}</p>}
      <datalist id="nodes">
        {nodes.map((address) => (
          <option key={address} value={address} />
        ))}
      </datalist>
    </div>
  );
}

function Workflow() {
  const say = useStrings(formStrings);
  const workflows = useApi<PageJson<WorkflowListedJson>>("/workflows?limit=200");
  const known = (workflows.data?.items ?? []).map(({ name }) => ({ value: name, label: name }));
  return (
    <SelectAt
      at="/target/workflow"
      label={say("target_workflow")}
      hint={say("workflowAbout")}
      isRequired
      options={[{ value: "", label: say("choose") }, ...known]}
    />
  );
}
