import i18next from "i18next";
import { useLanguage } from "./language.ts";

/** The texts of one part of the dashboard in both languages: a text that lacks in one is a type error. */
export interface Strings<K extends string> {
  readonly area: string;
  readonly en: Readonly<Record<K, string>>;
  readonly zh: Readonly<Record<K, string>>;
}

type Values = Readonly<Record<string, string | number>>;
/** Says a text; `{{name}}` in it stands for a value. `count` chooses `key_one` or `key_other`. */
export type Say<K extends string> = (key: BaseKey<K>, values?: Values) => string;

/** `runs_one` and `runs_other` are asked for as `runs`. */
type BaseKey<K extends string> = K extends `${infer B}_one` | `${infer B}_other` ? B : K;

/**
 * Declares the texts of a part, which come with its chunk. Plurals are two keys, `x_one` and `x_other`, in both
 * languages.
 */
export function defineStrings<K extends string>(
  area: string,
  texts: {
    readonly en: Readonly<Record<K, string>>;
    readonly zh: Readonly<Record<NoInfer<K>, string>>;
  },
): Strings<K> {
  i18next.addResourceBundle("en", area, texts.en);
  i18next.addResourceBundle("zh", area, texts.zh);
  return { area, ...texts };
}

/** The function that says the texts of a part, in the language of the moment. */
export function useStrings<K extends string>(strings: Strings<K>): Say<K> {
  useLanguage();
  return (key, values) => say(key, { ns: strings.area, ...values });
}

/** Of i18next, whose own types know the texts of one place only. */
function say(key: string, options: Values): string {
  return i18next.t(key, options);
}
