import { useState } from "preact/compat";
import type { ExecutorJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Form, TextFields } from "../../kit/form.tsx";
import { useGuardedSave } from "../../kit/guarded-save.tsx";
import { jsonText } from "../../kit/json-changes.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { kitStrings } from "../../kit/strings.ts";
import { toast } from "../../kit/toast.tsx";
import {
  executorDefinition,
  executorPath,
  listedNodes,
  type ListedNode,
} from "./executor-definition.ts";
import { boundOf, NodeListField, nodesOf, textOfNodes } from "./node-list.tsx";
import { executorStrings } from "./strings.ts";

/** What is typed into the form. */
interface Typed {
  readonly name: string;
  readonly concurrency: string;
  readonly nodeConcurrency: string;
  readonly nodes: string;
}

/** Changes an executor: its name, its bounds, and its nodes where they are listed by hand. */
export function ExecutorForm(props: {
  readonly executor: ExecutorJson;
  readonly onDone: () => void;
}) {
  const say = useStrings(executorStrings);
  const sayKit = useStrings(kitStrings);
  // The form changes what was read when it was opened, whatever is read meanwhile.
  const [executor] = useState(props.executor);
  const [typed, setTyped] = useState(() => typedOf(executorDefinition(executor)));
  const [nodesBefore, setNodesBefore] = useState<readonly ListedNode[]>(executor.nodes);
  const isManual = executor.registration === "manual";
  const change = useGuardedSave<ExecutorJson>({
    path: executorPath(executor.appKey),
    base: executor,
    fieldsOf: executorDefinition,
    onSaved: ({ name }) => {
      toast(say("saved", { name }));
      props.onDone();
    },
    onMerged: (merged) => {
      setTyped(typedOf(merged));
      setNodesBefore(listedNodes(merged));
    },
  });
  const field = (key: "name" | "concurrency" | "nodeConcurrency") => ({
    key,
    label: say(key),
    value: typed[key],
    set: (text: string) => setTyped({ ...typed, [key]: text }),
    hint: key === "name" ? say("nameHint") : say("boundHint"),
  });
  return (
    <>
      <Form
        problem={change.problem}
        isPending={change.isPending}
        submitLabel={sayKit("save")}
        onSubmit={() => change.save(mineOf(typed, isManual ? nodesBefore : null))}
      >
        <TextFields
          fields={[field("name"), field("concurrency"), field("nodeConcurrency")]}
          problem={change.problem}
        />
        {isManual && (
          <NodeListField
            value={typed.nodes}
            onChange={(nodes) => setTyped({ ...typed, nodes })}
            problem={change.problem}
          />
        )}
      </Form>
      {change.conflict}
    </>
  );
}

function typedOf(definition: JsonObject): Typed {
  const textAt = (key: string): string => {
    const value = definition[key] ?? null;
    return value === null ? "" : jsonText(value);
  };
  return {
    name: textAt("name"),
    concurrency: textAt("concurrency"),
    nodeConcurrency: textAt("nodeConcurrency"),
    nodes: textOfNodes(listedNodes(definition)),
  };
}

/** What is typed as the body of a PATCH; without nodes where they register themselves. */
function mineOf(typed: Typed, nodesBefore: readonly ListedNode[] | null): JsonObject {
  const { name, concurrency, nodeConcurrency } = typed;
  const head = {
    name,
    concurrency: boundOf(concurrency),
    nodeConcurrency: boundOf(nodeConcurrency),
  };
  return nodesBefore === null ? head : { ...head, nodes: nodesOf(typed.nodes, nodesBefore) };
}
