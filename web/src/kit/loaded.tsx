import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { kitStrings } from "./strings.ts";
import { useLate } from "./time.tsx";

interface LoadedProps<T> {
  readonly of: {
    readonly data: T | undefined;
    readonly problem: Problem | null;
    readonly isPending: boolean;
    again(): void;
  };
  readonly children: (data: T) => ComponentChildren;
  /** How many lines stand for what is still loading. */
  readonly lines?: number;
}

/**
 * Shows what was read. While it is loading there are grey lines, after a moment; when it failed, the failure
 * and a way to try again stand above what was read before. A failed read never looks like an empty one.
 */
export function Loaded<T>({ of, children, lines = 4 }: LoadedProps<T>) {
  return (
    <>
      {of.problem !== null && <Failure problem={of.problem} again={() => of.again()} />}
      {of.data === undefined
        ? of.problem === null && <Skeleton isPending={of.isPending} lines={lines} />
        : children(of.data)}
    </>
  );
}

/** What went wrong, its request id, and a way to try again. */
export function Failure(props: { readonly problem: Problem; readonly again?: () => void }) {
  const say = useStrings(kitStrings);
  const { problem, again } = props;
  const isAway = problem.code === "network.unreachable";
  return (
    <div role="alert" class="my-2 rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad">
      <p class="font-medium">{isAway ? say("unreachable") : say("loadFailed")}</p>
      <p class="mt-0.5 break-words">
        {problem.message} {problem.hint}
      </p>
      <p class="mt-1 flex flex-wrap items-center gap-2 text-xs">
        <code>{problem.code}</code>
        {problem.requestId !== null && (
          <span>
            {say("requestId")} <code>{problem.requestId}</code>
            <CopyButton text={problem.requestId} />
          </span>
        )}
        {again !== undefined && <Button onClick={again}>{say("retryLoad")}</Button>}
      </p>
    </div>
  );
}

function Skeleton(props: { readonly isPending: boolean; readonly lines: number }) {
  const say = useStrings(kitStrings);
  const isLate = useLate(props.isPending);
  return (
    <div role="status" aria-busy="true" aria-label={say("loading")} class="min-h-24 py-2">
      {isLate &&
        Array.from({ length: props.lines }, (_, line) => (
          <div key={line} class="my-2 h-5 animate-pulse rounded bg-hover" />
        ))}
    </div>
  );
}
