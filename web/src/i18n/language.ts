import i18next from "i18next";
import { useSyncExternalStore } from "preact/compat";
import { storedText } from "../url/stored.ts";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

const choice = storedText("tw.language");

/** The language that was chosen, else the browser's if we have it, else English. */
function firstLanguage(): Language {
  const chosen = choice.read();
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

void i18next.init({
  lng: firstLanguage(),
  fallbackLng: "en",
  initAsync: false,
  resources: {},
  interpolation: { escapeValue: false },
});
document.documentElement.lang = htmlLanguage(languageNow());

export function languageNow(): Language {
  return i18next.language === "zh" ? "zh" : "en";
}

export function switchLanguage(language: Language): void {
  choice.write(language);
  document.documentElement.lang = htmlLanguage(language);
  void i18next.changeLanguage(language);
}

/** The language of the pages; who uses it is shown anew when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(listen, languageNow);
}

function listen(changed: () => void): () => void {
  i18next.on("languageChanged", changed);
  return () => i18next.off("languageChanged", changed);
}

function htmlLanguage(language: Language): string {
  return language === "zh" ? "zh-CN" : "en";
}
