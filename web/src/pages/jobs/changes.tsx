import { useStrings } from "../../i18n/strings.ts";
import { jsonText, type JsonChange } from "../../kit/json-changes.ts";
import { jobStrings } from "./job-strings.ts";

/** What differs, field by field: as it was, and as it became. */
export function Changes({ of }: { readonly of: readonly JsonChange[] }) {
  const say = useStrings(jobStrings);
  return (
    <dl class="mt-2 flex flex-col gap-2">
      {of.map(({ pointer, before, after }) => (
        <div key={pointer}>
          <dt>
            <code class="text-xs font-semibold break-all">{pointer === "" ? "/" : pointer}</code>
          </dt>
          <dd class="grid gap-1 sm:grid-cols-2">
            <Side
              mark="−"
              label={say("before")}
              look="bg-bad-ground text-bad"
              text={jsonText(before)}
            />
            <Side
              mark="+"
              label={say("after")}
              look="bg-ok-ground text-ok"
              text={jsonText(after)}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Side(props: {
  readonly mark: string;
  readonly label: string;
  readonly look: string;
  readonly text: string;
}) {
  return (
    <code
      class={`block max-h-48 min-w-0 overflow-auto rounded px-2 py-1 text-xs break-all whitespace-pre-wrap ${props.look}`}
    >
      <span aria-hidden="true">{props.mark} </span>
      <span class="sr-only">{props.label}: </span>
      {props.text}
    </code>
  );
}
