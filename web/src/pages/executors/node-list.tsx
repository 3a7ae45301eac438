import type { Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, faultAt, TextArea } from "../../kit/field.tsx";
import type { ListedNode } from "./executor-definition.ts";
import { executorStrings } from "./strings.ts";

/** Addresses of nodes, one a line, each with its weight behind it where that is not one. */
export function NodeListField(props: {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly problem: Problem | null;
}) {
  const say = useStrings(executorStrings);
  return (
    <Field
      label={say("nodeList")}
      hint={say("nodeListHint")}
      fault={faultAt(props.problem, "/nodes")}
    >
      {(control) => (
        <TextArea
          {...control}
          value={props.value}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** The nodes that a text lists. Tags and bounds of nodes that stay are kept. */
export function nodesOf(text: string, before: readonly ListedNode[]): readonly ListedNode[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [address = "", weight = "1"] = line.split(/\s+/);
      const known = before.find((node) => node.address === address);
      return {
        address,
        weight: Number(weight),
        tags: known?.tags ?? [],
        concurrency: known?.concurrency ?? null,
      };
    });
}

export function textOfNodes(nodes: readonly ListedNode[]): string {
  const lines = nodes.map(({ address, weight }) =>
    weight === 1 ? address : `${address} ${weight}`,
  );
  return lines.join("\n");
}

/** A bound as it was typed: empty is none. What is no number goes to the server as it is, which refuses it. */
export function boundOf(text: string): number | string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}
