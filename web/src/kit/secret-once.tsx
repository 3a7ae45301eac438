import { CopyButton } from "./copy-button.tsx";

/** A secret that the server tells only now; `about` says so, and what it is. */
export function SecretOnce(props: { readonly secret: string; readonly about: string }) {
  return (
    <div class="rounded-md border border-warn/50 bg-warn-ground p-3">
      <p class="mb-2 font-medium text-warn">{props.about}</p>
      <p class="flex items-center gap-2">
        <code class="break-all">{props.secret}</code>
        <CopyButton text={props.secret} />
      </p>
    </div>
  );
}
