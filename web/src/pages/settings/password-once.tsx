import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { SecretOnce } from "../../kit/secret-once.tsx";
import { userStrings } from "./user-strings.ts";

/** A generated password, shown this once. */
export function PasswordOnce(props: {
  readonly name: string;
  readonly password: string;
  readonly onClose: () => void;
}) {
  const say = useStrings(userStrings);
  return (
    <Dialog title={say("passwordOf", { name: props.name })} isOpen onClose={props.onClose}>
      <SecretOnce secret={props.password} about={say("passwordOnce")} />
      <div class="mt-3">
        <Button look="primary" onClick={props.onClose}>
          {say("done")}
        </Button>
      </div>
    </Dialog>
  );
}
