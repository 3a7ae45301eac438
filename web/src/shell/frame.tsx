import type { ComponentChildren } from "preact";
import { useState } from "preact/compat";
import { Search } from "lucide-react";
import { Link, useLocation } from "wouter";
import { useStrings } from "../i18n/strings.ts";
import { Toasts } from "../kit/toast.tsx";
import { useLive } from "../live/use-live.ts";
import { ConnectionDot, LookMenus } from "./corner.tsx";
import { AccountMenu, NamespaceChooser } from "./account-menu.tsx";
import { Palette } from "./palette.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { PLACES } from "./places.ts";
import { shellStrings } from "./strings.ts";

const WATCHED = ["jobs"] as const;

/** What stands around every page: the rail (at the bottom on narrow screens), the bar above, messages. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const say = useStrings(shellStrings);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  // So that the dot tells the truth on pages that watch nothing.
  useLive(WATCHED, () => {});
  return (
    <div class="flex min-h-screen flex-col sm:flex-row">
      <a
        href="#content"
        class="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2"
      >
        {say("skip")}
      </a>
      <Rail />
      <div class="flex min-w-0 flex-1 flex-col">
        <header class="sticky top-0 z-20 flex items-center gap-1 border-b border-line bg-surface px-3 py-1.5 sm:gap-2 sm:px-6">
          <NamespaceChooser />
          <button
            type="button"
            onClick={() => setPaletteOpen(true)}
            class="flex min-h-8 min-w-0 items-center gap-2 rounded-md border border-line px-2 text-muted hover:bg-hover sm:w-64"
          >
            <Search size={14} aria-hidden="true" />
            <span class="hidden truncate sm:inline">{say("search")}</span>
            <span class="sr-only sm:hidden">{say("search")}</span>
            <kbd class="ml-auto hidden text-xs sm:inline">⌘K</kbd>
          </button>
          <div class="ml-auto flex items-center gap-1">
            <ConnectionDot />
            <LookMenus />
            <AccountMenu />
          </div>
        </header>
        <main id="content" tabIndex={-1} class="min-w-0 flex-1 pb-16 outline-none sm:pb-4">
          {children}
        </main>
      </div>
      <Palette isOpen={isPaletteOpen} onClose={() => setPaletteOpen(false)} />
      <Shortcuts openPalette={() => setPaletteOpen(true)} />
      <Toasts />
    </div>
  );
}

function Rail() {
  const say = useStrings(shellStrings);
  const [path] = useLocation();
  return (
    <nav
      aria-label={say("mainNav")}
      class="fixed inset-x-0 bottom-0 z-30 flex justify-around border-t border-line bg-surface sm:sticky sm:top-0 sm:h-screen sm:w-40 sm:flex-col sm:justify-start sm:gap-0.5 sm:border-t-0 sm:border-r sm:p-2"
    >
      <Link href="/" class="hidden px-2 pt-1 pb-3 font-semibold sm:block">
        Tickwheel
      </Link>
      {PLACES.map(({ key, href, Icon }) => {
        const isHere = href === "/" ? path === "/" : isWithin(path, href);
        return (
          <Link
            key={key}
            href={href}
            {...(isHere ? { "aria-current": "page" } : {})}
            class={`flex min-w-0 flex-col items-center gap-0.5 rounded-md px-1 py-1.5 text-[0.65rem] sm:flex-row sm:gap-2 sm:px-2 sm:text-sm ${isHere ? "text-accent sm:bg-accent-ground sm:font-medium" : "text-muted hover:bg-hover hover:text-text"}`}
          >
            <Icon size={17} aria-hidden="true" />
            <span class="truncate">{say(key)}</span>
          </Link>
        );
      })}
    </nav>
  );
}

/** Workflow runs stand under workflows. */
function isWithin(path: string, href: string): boolean {
  if (href === "/workflows" && path.startsWith("/workflow-runs")) return true;
  return path === href || path.startsWith(`${href}/`);
}
