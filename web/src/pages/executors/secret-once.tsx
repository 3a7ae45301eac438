import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { executorStrings } from "./strings.ts";

/** A secret that the server tells only now. */
export function SecretOnce({ secret }: { readonly secret: string }) {
  const say = useStrings(executorStrings);
  return (
    <div class="rounded-md border border-warn/50 bg-warn-ground p-3">
      <p class="mb-2 font-medium text-warn">{say("shownOnce")}</p>
      <p class="flex items-center gap-2">
        <code class="break-all">{secret}</code>
        <CopyButton text={secret} />
      </p>
    </div>
  );
}
