import { Dialog as Radix } from "radix-ui";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/compat";
import { X } from "lucide-react";
import { useStrings } from "../i18n/strings.ts";
import { kitStrings } from "./strings.ts";

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** One sentence below the title. */
  readonly about?: string;
  readonly children: ComponentChildren;
  readonly isWide?: boolean;
}

/** What had the focus last in the page itself, such as the button of a menu from which a dialog is opened. */
let lastInPage: Element | null = null;
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof Element && target.closest("#app") !== null) lastInPage = target;
});

/** A dialog over the page: it keeps the focus, gives it back, and closes with Escape. */
export function Dialog({ title, isOpen, onClose, about, children, isWide = false }: DialogProps) {
  const say = useStrings(kitStrings);
  const opener = useRef<Element | null>(null);
  const begin = (event: Event): void => {
    opener.current = lastInPage;
    focusFirstField(event);
  };
  return (
    <Radix.Root open={isOpen} onOpenChange={(open: boolean) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay class="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          onOpenAutoFocus={begin}
          // Radix gives the focus back to a trigger of its own, and these dialogs have none.
          onCloseAutoFocus={(event: Event) => {
            event.preventDefault();
            focusAgain(opener.current);
          }}
          {...(about === undefined ? { "aria-describedby": undefined } : {})}
          class={`fixed top-[8vh] left-1/2 z-50 max-h-[84vh] w-[94vw] -translate-x-1/2 overflow-auto rounded-lg border border-line bg-raised p-4 shadow-xl ${isWide ? "max-w-3xl" : "max-w-lg"}`}
        >
          <div class="mb-3 flex items-start gap-2">
            <div class="min-w-0">
              <Radix.Title class="text-base font-semibold break-words">{title}</Radix.Title>
              {about !== undefined && (
                <Radix.Description class="text-muted">{about}</Radix.Description>
              )}
            </div>
            <Radix.Close
              aria-label={say("close")}
              class="ml-auto rounded-md p-1.5 text-muted hover:bg-hover"
            >
              <X size={16} />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Who opens a form wants to type; without a field the first button has the focus, as ever. */
function focusFirstField(event: Event): void {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return;
  const field = target.querySelector<HTMLElement>("input, textarea, select");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

/** Where the focus was before, or the content where that is no longer there. */
function focusAgain(element: Element | null): void {
  const isThere = element instanceof HTMLElement && element.isConnected;
  const place = isThere ? element : document.querySelector<HTMLElement>("main");
  place?.focus({ preventScroll: true });
}
