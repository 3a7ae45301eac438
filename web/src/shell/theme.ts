import { useSyncExternalStore } from "preact/compat";
import { storedText } from "../url/stored.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const choice = storedText("tw.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

dark.addEventListener("change", show);
show();

function themeNow(): Theme {
  const chosen = choice.read();
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** Puts the chosen colours on the page, or those that the system wishes. */
function show(): void {
  const theme = themeNow();
  const isDark = theme === "dark" || (theme === "system" && dark.matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

export function switchTheme(theme: Theme): void {
  choice.write(theme);
  show();
}

export function useTheme(): Theme {
  return useSyncExternalStore(listen, themeNow);
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
