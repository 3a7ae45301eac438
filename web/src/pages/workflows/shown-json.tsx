import type { Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Code } from "../../kit/layout.tsx";
import { prettyJson } from "./json-text.ts";
import { runStrings } from "./run-strings.ts";

/** A value with its name, and whether there is more of it than is shown. */
export function ShownJson(props: {
  readonly title: string;
  readonly value: Json | undefined;
  readonly isCut: boolean;
  readonly isOpen: boolean;
  readonly about?: string;
  /** Whose it is, where several are on the page. */
  readonly of?: string;
}) {
  const say = useStrings(runStrings);
  const { title, isCut, isOpen, about } = props;
  const value = props.value ?? null;
  const text = prettyJson(value);
  const isNothing = value === null || text === "{}";
  return (
    <details open={isOpen}>
      <summary class="mb-1 cursor-pointer text-xs font-semibold">
        {title}
        {isNothing && !isCut && <span class="ml-2 font-normal text-muted">{say("none")}</span>}
      </summary>
      {about !== undefined && <p class="mb-1 text-xs text-muted">{about}</p>}
      {isCut && <p class="mb-1 text-xs text-warn">{say(value === null ? "cutList" : "cut")}</p>}
      {!isNothing && (
        <div class="relative">
          <Code text={text} label={props.of === undefined ? title : `${props.of}: ${title}`} />
          <span class="absolute top-1 right-1 rounded-md bg-surface">
            <CopyButton text={text} />
          </span>
        </div>
      )}
    </details>
  );
}
