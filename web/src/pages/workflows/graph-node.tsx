import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { useStrings } from "../../i18n/strings.ts";
import { fillOf, markOf, toneOf, useStateName } from "../../kit/status.tsx";
import type { GraphStep } from "./graph-model.ts";
import { NODE_SIZE } from "./graph-layout.ts";
import { graphStrings, kindKey } from "./graph-strings.ts";

export interface StepNodeData extends Record<string, unknown> {
  readonly steps: readonly GraphStep[];
  readonly isOnPath: boolean;
  readonly isInCycle: boolean;
  readonly isSelected: boolean;
  readonly onOpen: (steps: readonly GraphStep[]) => void;
  readonly onFocus: (id: string) => void;
}

export type StepNode = Node<StepNodeData, "step">;

const FRAMES: Readonly<Record<string, string>> = {
  ok: "border-ok-fill",
  bad: "border-bad bg-bad-ground border-2",
  warn: "border-warn-fill border-2",
  busy: "border-busy-fill border-2",
  idle: "border-line-strong/60",
};
const STATES_SHOWN_MAX = 4;

/** One step, or several that are drawn together: a button. */
export function StepNodeView({ id, data }: NodeProps<StepNode>) {
  const say = useStrings(graphStrings);
  const { steps, isOnPath, isInCycle, isSelected } = data;
  const [step] = steps;
  if (step === undefined) return null;
  const isGroup = steps.length > 1;
  const frame = isInCycle
    ? FRAMES["bad"]
    : FRAMES[step.state === null || isGroup ? "idle" : toneOf(step.state)];
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        data-step={step.name}
        aria-pressed={isSelected}
        onClick={() => data.onOpen(steps)}
        onFocus={() => data.onFocus(id)}
        style={{ width: NODE_SIZE.width, height: NODE_SIZE.height }}
        class={`nodrag nopan pointer-events-auto flex flex-col justify-center rounded-md border bg-surface px-2 text-left text-text hover:bg-hover ${frame} ${isSelected ? "outline-2 outline-offset-2 outline-accent" : ""} ${isGroup ? "border-dashed border-line-strong" : ""}`}
      >
        {isGroup ? (
          <GroupText steps={steps} isOnPath={isOnPath} />
        ) : (
          <StepText step={step} isOnPath={isOnPath} />
        )}
        {isInCycle && <span class="sr-only">{say("inCycle")}</span>}
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

function StepText({ step, isOnPath }: { readonly step: GraphStep; readonly isOnPath: boolean }) {
  const say = useStrings(graphStrings);
  const nameOf = useStateName();
  const { name, kind, state, note } = step;
  return (
    <>
      <span class="flex min-w-0 items-center gap-1.5">
        {state !== null && (
          <span
            aria-hidden="true"
            class={`inline-block size-2.5 shrink-0 rounded-full ${fillOf(state)}`}
          />
        )}
        <span class="truncate font-medium" title={name}>
          {name}
        </span>
        {isOnPath && <PathMark />}
      </span>
      <span class="flex min-w-0 gap-1 text-xs text-muted">
        {state !== null && (
          <span class="whitespace-nowrap">
            <span aria-hidden="true">{markOf(state)}</span> {nameOf(state)} ·
          </span>
        )}
        <span class="truncate">
          {say(kindKey(kind))} {note}
        </span>
      </span>
    </>
  );
}

function GroupText(props: { readonly steps: readonly GraphStep[]; readonly isOnPath: boolean }) {
  const say = useStrings(graphStrings);
  const nameOf = useStateName();
  const { steps, isOnPath } = props;
  const counts = new Map<string, number>();
  for (const { state } of steps)
    if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  return (
    <>
      <span class="flex min-w-0 gap-1">
        <span class="truncate font-medium">
          {steps[0]?.name} … {steps.at(-1)?.name}
        </span>
        {isOnPath && <PathMark />}
      </span>
      <span class="truncate text-xs text-muted">
        {say("group", { count: steps.length })}
        {[...counts].slice(0, STATES_SHOWN_MAX).map(([state, count]) => (
          <span key={state} class="ml-2" title={nameOf(state)}>
            <span aria-hidden="true">{markOf(state)}</span>
            <span class="sr-only">{nameOf(state)}</span> {count}
          </span>
        ))}
      </span>
    </>
  );
}

function PathMark() {
  const say = useStrings(graphStrings);
  return (
    <span class="ml-auto shrink-0 text-accent" title={say("onPath")}>
      <span aria-hidden="true">◆</span>
      <span class="sr-only">{say("onPath")}</span>
    </span>
  );
}
