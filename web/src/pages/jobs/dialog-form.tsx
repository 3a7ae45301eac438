import type { ComponentChildren } from "preact";
import type { Problem } from "../../api/problem.ts";
import { Button } from "../../kit/button.tsx";
import { FormProblem } from "../../kit/field.tsx";

/** A small form of a dialog: what went wrong above, one button below. */
export function DialogForm(props: {
  readonly problem: Problem | null;
  readonly go: string;
  readonly send: () => Promise<unknown>;
  readonly onDone: () => void;
  readonly isDisabled?: boolean;
  readonly children: ComponentChildren;
}) {
  const send = async (): Promise<void> => {
    try {
      await props.send();
      props.onDone();
    } catch {
      // What went wrong stands above the fields.
    }
  };
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <FormProblem problem={props.problem} />
      {props.children}
      <Button type="submit" look="primary" disabled={props.isDisabled ?? false}>
        {props.go}
      </Button>
    </form>
  );
}
