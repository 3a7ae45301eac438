import { defineStrings } from "../../i18n/strings.ts";
import { formEnglish } from "./form-strings-en.ts";
import { formChinese } from "./form-strings-zh.ts";

/** The texts of the form of a job. */
export const formStrings = defineStrings("job-form", { en: formEnglish, zh: formChinese });
