import type { TokenScope } from "../../../../src/ports/directory.ts";
import { useStrings } from "../../i18n/strings.ts";
import { useMay } from "../../shell/me.ts";
import { SCOPES } from "./token-shape.ts";
import { tokenStrings } from "./token-strings.ts";

/** Chooses what a token may do; `admin` only for those who may do that themselves. */
export function ScopeField(props: {
  readonly value: TokenScope;
  readonly onChange: (scope: TokenScope) => void;
  readonly fault: string | undefined;
}) {
  const say = useStrings(tokenStrings);
  const mayManage = useMay("admin");
  const scopes = SCOPES.filter((scope) => mayManage || scope !== "admin");
  return (
    <fieldset>
      <legend class="mb-1 font-medium">{say("scope")}</legend>
      <p class="text-xs text-muted">{say("scopeHint")}</p>
      {scopes.map((scope) => (
        <label key={scope} class="flex min-h-8 items-center gap-2">
          <input
            type="radio"
            name="scope"
            checked={scope === props.value}
            onChange={() => props.onChange(scope)}
          />
          <span>
            {say(scope)} <code class="text-xs text-muted">{scope}</code>
          </span>
        </label>
      ))}
      {props.fault !== undefined && <p class="mt-1 text-xs text-bad">{props.fault}</p>}
    </fieldset>
  );
}
