import { X } from "lucide-react";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { IconButton } from "../../kit/button.tsx";
import { kitStrings } from "../../kit/strings.ts";

/**
 * What belongs to the step that was chosen, beside the graph or below it. When another step is chosen here, the
 * focus goes to its heading, so that it is heard; closing gives the focus back to the step.
 */
export function SidePanel(props: {
  readonly title: string;
  readonly beside?: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const { title, beside, onClose, children } = props;
  const sayKit = useStrings(kitStrings);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const from = document.activeElement;
    // Only for whoever has just chosen it, not for whoever came by its address.
    if (from instanceof HTMLElement && from.dataset["step"] === title) heading.current?.focus();
  }, [title]);
  const close = (): void => {
    onClose();
    const step = document.querySelector(`button[data-step="${CSS.escape(title)}"]`);
    if (step instanceof HTMLElement) step.focus();
  };
  return (
    <section
      aria-label={title}
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && close()}
      class="min-w-0 rounded-lg border border-line bg-surface p-3 sm:p-4 lg:sticky lg:top-16 lg:max-h-[calc(100vh-5rem)] lg:self-start lg:overflow-y-auto"
    >
      <header class="mb-3 flex items-start gap-2">
        <h2
          ref={heading}
          tabIndex={-1}
          class="min-w-0 text-base font-semibold break-words outline-none"
        >
          {title}
        </h2>
        {beside}
        <span class="ml-auto">
          <IconButton label={sayKit("close")} onClick={close}>
            <X size={16} />
          </IconButton>
        </span>
      </header>
      {children}
    </section>
  );
}
