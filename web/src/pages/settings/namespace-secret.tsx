import { useState } from "preact/compat";
import type { NamespaceJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { SecretOnce } from "../../kit/secret-once.tsx";
import { toast } from "../../kit/toast.tsx";
import { ConfirmDialog } from "./confirm.tsx";
import { namespaceStrings } from "./namespace-strings.ts";

/** The exchange of the secret that signs webhooks: a new one, then the end of the previous one. */
export function SigningSecret({ namespace }: { readonly namespace: NamespaceJson }) {
  const say = useStrings(namespaceStrings);
  const { name, signingSecrets } = namespace;
  const [open, setOpen] = useState<"rotate" | "end" | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const isRotating = signingSecrets > 1;
  return (
    <div class="mt-4 border-t border-line pt-3">
      <h3 class="font-medium">{say("secret")}</h3>
      <p class="mb-2 text-muted">
        {say("secretAbout")} {say(isRotating ? "secretTwo" : "secretOne")}
      </p>
      <div class="flex flex-wrap gap-2">
        {isRotating && (
          <Button look="danger" onClick={() => setOpen("end")}>
            {say("endPrevious")}
          </Button>
        )}
        <Button onClick={() => setOpen("rotate")}>{say("rotate")}</Button>
      </div>
      {open === "rotate" && <Rotate name={name} onMade={setMade} onClose={() => setOpen(null)} />}
      {open === "end" && <EndPrevious name={name} onClose={() => setOpen(null)} />}
      {made !== null && <Made name={name} secret={made} onClose={() => setMade(null)} />}
    </div>
  );
}

function Rotate(props: {
  readonly name: string;
  readonly onMade: (secret: string) => void;
  readonly onClose: () => void;
}) {
  const say = useStrings(namespaceStrings);
  const { name } = props;
  const rotate = useChange<undefined, { readonly secret: string }>(() => ({
    method: "POST",
    path: `/namespaces/${encodeURIComponent(name)}/signing-secret`,
    body: {},
  }));
  return (
    <ConfirmDialog
      title={say("rotateOf", { name })}
      about={say("rotateConfirm")}
      go={say("rotate")}
      change={rotate}
      onDone={({ secret }) => props.onMade(secret)}
      onClose={props.onClose}
    />
  );
}

function Made(props: {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}) {
  const say = useStrings(namespaceStrings);
  return (
    <Dialog title={say("rotateOf", { name: props.name })} isOpen onClose={props.onClose}>
      <SecretOnce secret={props.secret} about={say("once")} />
      <p class="my-3 text-muted">{say("afterwards")}</p>
      <Button look="primary" onClick={props.onClose}>
        {say("done")}
      </Button>
    </Dialog>
  );
}

function EndPrevious(props: { readonly name: string; readonly onClose: () => void }) {
  const say = useStrings(namespaceStrings);
  const { name } = props;
  const end = useChange<undefined, undefined>(() => ({
    method: "DELETE",
    path: `/namespaces/${encodeURIComponent(name)}/signing-secret/previous`,
  }));
  return (
    <ConfirmDialog
      title={say("endPrevious")}
      about={say("endConfirm", { name })}
      go={say("endPrevious")}
      change={end}
      onDone={() => toast(say("ended"))}
      onClose={props.onClose}
    />
  );
}
