import { useStrings } from "../../i18n/strings.ts";
import { FORMATS, type Format } from "./definition-text.ts";
import { workflowStrings } from "./strings.ts";

/** YAML or JSON. */
export function FormatChoice(props: {
  readonly format: Format;
  readonly onChange: (format: Format) => void;
}) {
  const say = useStrings(workflowStrings);
  return (
    <span role="group" aria-label={say("format")} class="inline-flex rounded-md border border-line">
      {FORMATS.map((format) => (
        <button
          key={format}
          type="button"
          aria-pressed={format === props.format}
          onClick={() => props.onChange(format)}
          class={`min-h-8 rounded-md px-2.5 text-sm uppercase ${format === props.format ? "bg-accent-ground font-medium text-accent" : "text-muted hover:bg-hover"}`}
        >
          {format}
        </button>
      ))}
    </span>
  );
}
