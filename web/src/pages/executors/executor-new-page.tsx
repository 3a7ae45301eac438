import { useState } from "preact/compat";
import type { ExecutorJson, NewExecutorJson } from "../../api/shapes.ts";
import { useApi, useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { ButtonLink } from "../../kit/button.tsx";
import { Field, faultAt, Select } from "../../kit/field.tsx";
import { Form, TextFields } from "../../kit/form.tsx";
import { Card, Page } from "../../kit/layout.tsx";
import { NodeListField, nodesOf } from "./node-list.tsx";
import { isUp } from "./node-sums.ts";
import { SecretOnce } from "./secret-once.tsx";
import { Snippet } from "./snippet.tsx";
import { executorStrings } from "./strings.ts";

const POLL_MS = 2_000;

/** Makes an executor, shows its secret this once, and waits for its first node. */
export function ExecutorNewPage() {
  const say = useStrings(executorStrings);
  const [made, setMade] = useState<NewExecutorJson | null>(null);
  return (
    <Page title={say("newOne")} path={[{ label: say("title"), href: "/executors" }]}>
      <Card class="max-w-3xl">
        {made === null ? <NewForm onMade={setMade} /> : <Made executor={made} />}
      </Card>
    </Page>
  );
}

type Registration = ExecutorJson["registration"];

function NewForm({ onMade }: { readonly onMade: (executor: NewExecutorJson) => void }) {
  const say = useStrings(executorStrings);
  const [name, setName] = useState("");
  const [appKey, setAppKey] = useState("");
  const [registration, setRegistration] = useState<Registration>("auto");
  const [nodes, setNodes] = useState("");
  const make = useChange<undefined, NewExecutorJson>(() => ({
    method: "POST",
    path: "/executors",
    body: {
      name,
      registration,
      ...(appKey === "" ? {} : { appKey }),
      ...(registration === "manual" ? { nodes: nodesOf(nodes, []) } : {}),
    },
  }));
  const fields = [
    { key: "name", label: say("name"), value: name, set: setName, isRequired: true },
    { key: "appKey", label: "appKey", value: appKey, set: setAppKey, hint: say("appKeyHint") },
  ];
  return (
    <Form
      problem={make.problem}
      isPending={make.isPending}
      submitLabel={say("make")}
      onSubmit={() => void make.send(undefined).then(onMade, () => {})}
    >
      <p class="text-muted">{say("intro")}</p>
      <TextFields fields={fields} problem={make.problem} />
      <Field label={say("howNodes")} fault={faultAt(make.problem, "/registration")}>
        {(control) => (
          <Select
            {...control}
            value={registration}
            options={[
              { value: "auto", label: say("howAuto") },
              { value: "manual", label: say("howManual") },
            ]}
            onChange={(event) =>
              setRegistration(event.currentTarget.value === "manual" ? "manual" : "auto")
            }
          />
        )}
      </Field>
      {registration === "manual" && (
        <NodeListField value={nodes} onChange={setNodes} problem={make.problem} />
      )}
    </Form>
  );
}

function Made({ executor }: { readonly executor: NewExecutorJson }) {
  const say = useStrings(executorStrings);
  const now = useApi<ExecutorJson>(`/executors/${encodeURIComponent(executor.appKey)}`, {
    everyMs: POLL_MS,
  });
  const hasNode = now.data?.nodes.some(isUp) === true;
  return (
    <div class="flex flex-col gap-4">
      <h2 class="text-base font-semibold">{say("madeTitle", { name: executor.name })}</h2>
      <SecretOnce secret={executor.appSecret} />
      <Snippet executor={executor} />
      <p role="status" class={hasNode ? "font-medium text-ok" : "animate-pulse text-muted"}>
        {hasNode ? `✓ ${say("arrived")}` : say("waiting")}
      </p>
      <p>
        <ButtonLink look={hasNode ? "primary" : "plain"} href={`/executors/${executor.appKey}`}>
          {say("goOn")}
        </ButtonLink>
      </p>
    </div>
  );
}
