import { useEffect, useState } from "preact/compat";
import { tinykeys } from "tinykeys";
import { useLocation } from "wouter";
import { useStrings } from "../i18n/strings.ts";
import { Dialog } from "../kit/dialog.tsx";
import { PLACES } from "./places.ts";
import { shellStrings } from "./strings.ts";

const TYPED_INTO = /^(INPUT|TEXTAREA|SELECT)$/;

/** Whether a key was typed into something that takes text. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  return TYPED_INTO.test(target.tagName) || target.isContentEditable;
}

/** The keys that work on every page, and the list of them under `?`. */
export function Shortcuts({ openPalette }: { readonly openPalette: () => void }) {
  const say = useStrings(shellStrings);
  const [, navigate] = useLocation();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useEffect(() => {
    const unlessTyping = (act: () => void) => (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      event.preventDefault();
      act();
    };
    const goKeys = PLACES.map(
      ({ letter, href }) => [`g ${letter}`, unlessTyping(() => navigate(href))] as const,
    );
    return tinykeys(globalThis.window, {
      ...Object.fromEntries(goKeys),
      "$mod+KeyK": (event: KeyboardEvent) => {
        event.preventDefault();
        openPalette();
      },
      "/": unlessTyping(openPalette),
      "?": unlessTyping(() => setHelpOpen(true)),
      "Shift+?": unlessTyping(() => setHelpOpen(true)),
    });
  }, [navigate, openPalette]);
  const keys = [
    ["g …", say("keyGo")],
    ["⌘K  Ctrl K  /", say("keySearch")],
    ["j k", say("keyRows")],
    ["?", say("keyHelp")],
  ] as const;
  return (
    <Dialog title={say("shortcuts")} isOpen={isHelpOpen} onClose={() => setHelpOpen(false)}>
      <dl class="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {keys.map(([key, meaning]) => (
          <div key={key} class="contents">
            <dt>
              <kbd class="rounded border border-line bg-ground px-1.5 py-0.5 text-xs whitespace-nowrap">
                {key}
              </kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
