import type { ComponentChildren } from "preact";
import { useStrings } from "../../i18n/strings.ts";
import { namespaceStrings } from "./namespace-strings.ts";

/** From this part of a quota on it is nearly used up. */
const NEARLY = 0.8;

/** How much of a quota is used: a number that says it, and a bar where there is a bound. */
export function QuotaMeter(props: {
  readonly label: string;
  readonly used: number;
  readonly most: number | null;
  /** Wraps the number, such as into a link to what it counts. */
  readonly wrap: (number: string) => ComponentChildren;
}) {
  const say = useStrings(namespaceStrings);
  const { label, used, most, wrap } = props;
  const part = most === null ? 0 : most === 0 ? 1 : Math.min(1, used / most);
  const fill = part >= 1 ? "bg-bad-fill" : part >= NEARLY ? "bg-warn-fill" : "bg-ok-fill";
  return (
    <div class="min-w-0">
      <p class="text-xs text-muted">{label}</p>
      <p class="tabular-nums">
        {wrap(
          most === null
            ? used.toLocaleString()
            : say("usage", { used: used.toLocaleString(), most: most.toLocaleString() }),
        )}
        {most === null && <span class="text-xs text-muted"> · {say("noBound")}</span>}
      </p>
      {most !== null && (
        <div
          role="meter"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={most}
          aria-valuenow={Math.min(used, most)}
          class="mt-1 h-2 overflow-hidden rounded bg-hover"
        >
          <div class={`h-full ${fill}`} style={{ width: `${part * 100}%` }} />
        </div>
      )}
    </div>
  );
}
