import { Problem } from "../../api/problem.ts";
import { queryClient, type Change } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { FormProblem } from "../../kit/field.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast } from "../../kit/toast.tsx";
import { LastOwner } from "./last-owner.tsx";
import { settingsStrings } from "./strings.ts";

/**
 * Asks before something that cannot be undone. A refusal stands in the dialog, which stays open for it; where
 * somebody else was quicker, what is shown is loaded anew, to be looked at before another try.
 */
export function ConfirmDialog<T>(props: {
  readonly title: string;
  readonly about: string;
  /** What the button says that does it. */
  readonly go: string;
  readonly change: Change<undefined, T>;
  readonly onDone: (answer: T) => void;
  readonly onClose: () => void;
}) {
  const say = useStrings(settingsStrings);
  const sayKit = useStrings(kitStrings);
  const { change, onClose } = props;
  const send = async (): Promise<void> => {
    let answer: T;
    try {
      answer = await change.send(undefined);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "version.conflict") return;
      void queryClient.invalidateQueries();
      toast(say("changedMeanwhile"));
      onClose();
      return;
    }
    onClose();
    props.onDone(answer);
  };
  return (
    <Dialog title={props.title} about={props.about} isOpen onClose={onClose}>
      <FormProblem problem={change.problem} />
      <LastOwner problem={change.problem} />
      <div class="mt-3 flex flex-wrap gap-2">
        <Button look="danger" disabled={change.isPending} onClick={() => void send()}>
          {props.go}
        </Button>
        <Button onClick={onClose}>{sayKit("cancel")}</Button>
      </div>
    </Dialog>
  );
}
