import { useState } from "preact/compat";
import type { RunJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings, type Say } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { faultAt, Field, FormProblem, TextArea } from "../../kit/field.tsx";
import { paramsOf, type ParsedParams } from "./params-text.ts";
import { actStrings } from "./act-strings.ts";

interface RetryDialogProps {
  readonly run: RunJson;
  readonly onDone: (made: RunJson) => void;
  readonly onClose: () => void;
}

const ROWS = 12;

/** Does a run again with other parameters, which are checked while they are typed. */
export function RetryDialog({ run, onDone, onClose }: RetryDialogProps) {
  const say = useStrings(actStrings);
  const before = JSON.stringify(run.params, null, 2);
  const [text, setText] = useState(before);
  const parsed = paramsOf(text);
  const retry = useChange<Readonly<Record<string, unknown>>, RunJson>((params) => ({
    method: "POST",
    path: `/runs/${run.id}/retry`,
    body: { params },
  }));
  const go = async (): Promise<void> => {
    if (parsed.kind !== "params") return;
    try {
      onDone(await retry.send(parsed.params));
    } catch {
      // The form shows why, and keeps what was typed.
    }
  };
  return (
    <Dialog title={say("retryTitle")} about={say("retryAbout")} isOpen onClose={onClose} isWide>
      <form
        class="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <FormProblem problem={retry.problem} />
        <Field
          label={say("paramsField")}
          hint={say("paramsHint")}
          fault={faultOf(parsed, say) ?? faultAt(retry.problem, "/params")}
        >
          {(control) => (
            <TextArea
              {...control}
              rows={ROWS}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="flex flex-wrap justify-end gap-2">
          <TextButtons before={before} text={text} parsed={parsed} onText={setText} />
          <Button
            type="submit"
            look="primary"
            disabled={parsed.kind !== "params" || retry.isPending}
          >
            {say("doRetry")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function TextButtons(props: {
  readonly before: string;
  readonly text: string;
  readonly parsed: ParsedParams;
  readonly onText: (text: string) => void;
}) {
  const { before, text, parsed, onText } = props;
  const say = useStrings(actStrings);
  return (
    <>
      <Button look="quiet" disabled={text === before} onClick={() => onText(before)}>
        {say("reset")}
      </Button>
      <Button
        look="quiet"
        disabled={parsed.kind !== "params"}
        onClick={() => parsed.kind === "params" && onText(JSON.stringify(parsed.params, null, 2))}
      >
        {say("format")}
      </Button>
    </>
  );
}

function faultOf(
  parsed: ParsedParams,
  say: Say<keyof (typeof actStrings)["en"]>,
): string | undefined {
  if (parsed.kind === "no_json") return say("paramsNotJson", { why: parsed.why });
  return parsed.kind === "no_object" ? say("paramsNoObject") : undefined;
}
