import { useState } from "preact/compat";
import type { ExecutorJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Form, TextFields } from "../../kit/form.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast } from "../../kit/toast.tsx";
import { boundOf, NodeListField, nodesOf, textOfNodes } from "./node-list.tsx";
import { executorStrings } from "./strings.ts";

/** Changes an executor: its name, its bounds, and its nodes where they are listed by hand. */
export function ExecutorForm(props: {
  readonly executor: ExecutorJson;
  readonly etag: string | null;
  readonly onDone: () => void;
}) {
  const say = useStrings(executorStrings);
  const sayKit = useStrings(kitStrings);
  const { executor, etag, onDone } = props;
  const [name, setName] = useState(executor.name);
  const [concurrency, setConcurrency] = useState(String(executor.concurrency ?? ""));
  const [nodeConcurrency, setNodeConcurrency] = useState(String(executor.nodeConcurrency ?? ""));
  const [nodes, setNodes] = useState(() => textOfNodes(executor.nodes));
  const isManual = executor.registration === "manual";
  const change = useChange<undefined, ExecutorJson>(() => ({
    method: "PATCH",
    path: `/executors/${encodeURIComponent(executor.appKey)}`,
    body: {
      name,
      concurrency: boundOf(concurrency),
      nodeConcurrency: boundOf(nodeConcurrency),
      ...(isManual ? { nodes: nodesOf(nodes, executor.nodes) } : {}),
    },
    ifMatch: etag,
  }));
  const bound = (key: "concurrency" | "nodeConcurrency") =>
    ({ key, label: say(key), hint: say("boundHint") }) as const;
  const fields = [
    { key: "name", label: say("name"), value: name, set: setName, hint: say("nameHint") },
    { ...bound("concurrency"), value: concurrency, set: setConcurrency },
    { ...bound("nodeConcurrency"), value: nodeConcurrency, set: setNodeConcurrency },
  ];
  const save = async (): Promise<void> => {
    try {
      await change.send(undefined);
    } catch {
      return;
    }
    toast(say("saved", { name }));
    onDone();
  };
  return (
    <Form
      problem={change.problem}
      isPending={change.isPending}
      submitLabel={sayKit("save")}
      onSubmit={() => void save()}
    >
      <TextFields fields={fields} problem={change.problem} />
      {isManual && <NodeListField value={nodes} onChange={setNodes} problem={change.problem} />}
    </Form>
  );
}
