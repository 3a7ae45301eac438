import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "preact/compat";
import { X } from "lucide-react";
import { Problem } from "../api/problem.ts";
import { useStrings } from "../i18n/strings.ts";
import { kitStrings } from "./strings.ts";

interface Message {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  readonly ms: number;
}

const SHOWN_MS = { said: 5_000, failed: 15_000 } as const;
const MESSAGES_MAX = 5;

let messages: readonly Message[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says something at the edge of the page, for a while; `action` offers one thing to do, such as to undo it. */
export function toast(
  text: string,
  action: Message["action"] = null,
  ms: number = SHOWN_MS.said,
): void {
  add({ text, action, isBad: false, ms });
}

/** Says that something failed, with the request id. Errors that are no `Problem` are our own faults. */
export function toastFailure(error: unknown): void {
  const problem = error instanceof Problem ? error : null;
  const why = problem === null ? String(error) : `${problem.message} ${problem.hint}`;
  const id = problem?.requestId ?? null;
  const text = id === null ? why : `${why} (${id})`;
  add({ text, action: null, isBad: true, ms: SHOWN_MS.failed });
}

function add(message: Omit<Message, "id">): void {
  lastId++;
  change([...messages, { ...message, id: lastId }].slice(-MESSAGES_MAX));
}

function change(next: readonly Message[]): void {
  messages = next;
  for (const listener of listeners) listener();
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Where messages appear; once, in the frame. */
export function Toasts() {
  const say = useStrings(kitStrings);
  const shown = useSyncExternalStore(listen, () => messages);
  return (
    <Radix.Provider label={say("notifications")} swipeDirection="left">
      {shown.map((message) => (
        <Radix.Root
          key={message.id}
          duration={message.ms}
          type={message.isBad ? "foreground" : "background"}
          onOpenChange={(isOpen: boolean) =>
            !isOpen && change(messages.filter(({ id }) => id !== message.id))
          }
          class={`flex items-start gap-2 rounded-md border bg-raised p-3 shadow-lg ${message.isBad ? "border-bad/60 text-bad" : "border-line"}`}
        >
          <Radix.Description class="min-w-0 break-words">{message.text}</Radix.Description>
          {message.action !== null && (
            <Radix.Action
              altText={message.action.label}
              onClick={message.action.run}
              class="font-medium text-accent hover:underline"
            >
              {message.action.label}
            </Radix.Action>
          )}
          <Radix.Close aria-label={say("close")} class="ml-auto rounded p-1 hover:bg-hover">
            <X size={14} />
          </Radix.Close>
        </Radix.Root>
      ))}
      {/* Away from what saves a form, which stands at the right and at the bottom. */}
      <Radix.Viewport class="fixed bottom-28 left-3 z-[60] flex w-[min(24rem,92vw)] flex-col gap-2 sm:bottom-3 sm:left-44" />
    </Radix.Provider>
  );
}
