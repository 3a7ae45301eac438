import { useStrings } from "../i18n/strings.ts";
import { jsonText, type JsonChange } from "../kit/json-changes.ts";
import { historyStrings } from "./history-strings.ts";

interface ChangesProps {
  readonly of: readonly JsonChange[];
  /** What the two sides are called, where they are not before and after. */
  readonly names?: readonly [string, string];
}

/** A text that is longer may have to be scrolled, by keyboard too. */
const SHORT_CHARS_MAX = 300;

/** What differs, field by field: as it was, and as it became. */
export function Changes({ of, names }: ChangesProps) {
  const say = useStrings(historyStrings);
  const [before, after] = names ?? [say("before"), say("after")];
  return (
    <dl class="mt-2 flex flex-col gap-2">
      {of.map((change) => (
        <div key={change.pointer}>
          <dt>
            <code class="text-xs font-semibold break-all">
              {change.pointer === "" ? "/" : change.pointer}
            </code>
          </dt>
          <dd class="grid gap-1 sm:grid-cols-2">
            <Side mark="−" name={before} look="bg-bad-ground text-bad" of={change.before} />
            <Side mark="+" name={after} look="bg-ok-ground text-ok" of={change.after} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Side(props: {
  readonly mark: string;
  readonly name: string;
  readonly look: string;
  readonly of: JsonChange["before"];
}) {
  const { mark, name, look } = props;
  const text = jsonText(props.of);
  const isLong = text.length > SHORT_CHARS_MAX;
  return (
    <code
      {...(isLong ? { tabIndex: 0, role: "region", "aria-label": name } : {})}
      class={`block max-h-48 min-w-0 overflow-auto rounded px-2 py-1 text-xs break-all whitespace-pre-wrap ${look}`}
    >
      <span aria-hidden="true">{mark} </span>
      <span class="sr-only">{name}: </span>
      {text}
    </code>
  );
}

/** Where something differs whose values the log does not keep. */
export function HiddenPlaces({ pointers }: { readonly pointers: readonly string[] }) {
  const say = useStrings(historyStrings);
  if (pointers.length === 0) return null;
  return (
    <p class="mt-2 text-muted">
      {say("hidden")} <code class="text-xs break-all">{pointers.join(" ")}</code>
    </p>
  );
}
