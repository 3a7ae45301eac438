import { useState } from "preact/compat";
import type { ExecutorJson, RotationJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { FormProblem } from "../../kit/field.tsx";
import { Time } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { SecretOnce } from "./secret-once.tsx";
import { executorStrings } from "./strings.ts";

/** The live secrets of an executor, and the exchange of one for the next. */
export function Secrets({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  // Kept here: what makes a secret goes away as soon as there are two.
  const [made, setMade] = useState<string | null>(null);
  const isRotating = executor.secrets.length > 1;
  return (
    <div class="flex flex-col gap-3">
      <p class="text-muted">{say("secretAbout")}</p>
      <ul class="flex flex-col gap-2">
        {executor.secrets.map((secret, place) => (
          <li
            key={secret.id}
            class="flex flex-wrap gap-x-4 gap-y-1 rounded-md border border-line p-2"
          >
            <code class="text-xs">{secret.id}</code>
            <span class="font-medium">
              {say(isRotating && place === 0 ? "secretPrevious" : "secretCurrent")}
            </span>
            <span class="text-muted">
              {say("secretMade")} <Time at={secret.createdAt} as="relative" />
            </span>
            <span class="text-muted">
              {say("secretUsed")}{" "}
              {secret.lastUsedAt === null ? (
                say("neverUsed")
              ) : (
                <Time at={secret.lastUsedAt} as="relative" />
              )}
            </span>
          </li>
        ))}
      </ul>
      {isRotating ? (
        <EndPrevious executor={executor} />
      ) : (
        <Rotate appKey={executor.appKey} onMade={setMade} />
      )}
      <Dialog title={say("secret")} isOpen={made !== null} onClose={() => setMade(null)}>
        <SecretOnce secret={made ?? ""} />
      </Dialog>
    </div>
  );
}

function Rotate(props: { readonly appKey: string; readonly onMade: (secret: string) => void }) {
  const say = useStrings(executorStrings);
  const rotate = useChange<undefined, RotationJson>(() => ({
    method: "POST",
    path: `/executors/${encodeURIComponent(props.appKey)}/secrets`,
    body: {},
  }));
  const go = async (): Promise<void> => {
    try {
      const { next } = await rotate.send(undefined);
      props.onMade(next.appSecret);
    } catch {
      // Shown below.
    }
  };
  return (
    <div>
      <FormProblem problem={rotate.problem} />
      <p class="mb-2 text-muted">{say("rotateConfirm")}</p>
      <Button disabled={rotate.isPending} onClick={() => void go()}>
        {say("rotate")}
      </Button>
    </div>
  );
}

function EndPrevious({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const [isAsking, setAsking] = useState(false);
  const end = useChange<undefined, unknown>(() => ({
    method: "DELETE",
    path: `/executors/${encodeURIComponent(executor.appKey)}/secrets/previous`,
  }));
  const isUnused = executor.secrets.at(-1)?.lastUsedAt === null;
  const go = (): void => {
    setAsking(false);
    end.send(undefined).then(() => toast(say("ended")), toastFailure);
  };
  return (
    <div>
      {isUnused && <p class="mb-2 text-warn">{say("endUnused")}</p>}
      <Button look="danger" onClick={() => setAsking(true)}>
        {say("endPrevious")}
      </Button>
      <Dialog
        title={say("endPrevious")}
        about={say("endConfirm")}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
      >
        <Button look="danger" onClick={go}>
          {say("endPrevious")}
        </Button>
      </Dialog>
    </div>
  );
}
