import type { Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { settingsStrings } from "./strings.ts";

/** What to do where a change was refused because nobody would be left in charge. */
export function LastOwner({ problem }: { readonly problem: Problem | null }) {
  const say = useStrings(settingsStrings);
  if (problem?.code !== "user.last_owner") return null;
  return <p class="mt-2 text-warn">{say("lastOwner")}</p>;
}
