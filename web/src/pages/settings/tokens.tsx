import { useState } from "preact/compat";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Field, Select } from "../../kit/field.tsx";
import { Card, Code, Empty } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useMe } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { TokenNew } from "./token-new.tsx";
import { curlOf, STATES, type TokenJson } from "./token-shape.ts";
import { tokenStrings } from "./token-strings.ts";
import { TokenTable } from "./token-table.tsx";

/** The tokens with which programs call the API in this namespace. */
export function TokensSection() {
  const say = useStrings(tokenStrings);
  const sayKit = useStrings(kitStrings);
  const { namespace } = useMe();
  const [filters] = useFilters();
  const [isMaking, setMaking] = useState(false);
  const state = STATES.find((known) => known === filters["state"]) ?? "";
  const tokens = usePages<TokenJson>(withFilters("/tokens", { state }));
  const make = (
    <Button look="primary" onClick={() => setMaking(true)}>
      {say("new")}
    </Button>
  );
  return (
    <Card title={say("list", { namespace })} actions={make}>
      <p class="mb-2 text-muted">{say("about")}</p>
      <StateFilter state={state} />
      <Loaded of={tokens}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <NoTokens isFiltered={state !== ""} />
            ) : (
              <TokenTable tokens={items} />
            )}
            {tokens.hasMore && (
              <Button disabled={tokens.isLoadingMore} onClick={() => tokens.more()}>
                {sayKit("more")}
              </Button>
            )}
          </>
        )}
      </Loaded>
      {isMaking && <TokenNew onClose={() => setMaking(false)} />}
    </Card>
  );
}

function StateFilter({ state }: { readonly state: string }) {
  const say = useStrings(tokenStrings);
  const [, change] = useFilters();
  return (
    <div class="mb-2 w-40">
      <Field label={say("state")}>
        {(control) => (
          <Select
            {...control}
            value={state}
            options={[
              { value: "", label: say("stateAll") },
              ...STATES.map((value) => ({ value, label: say(value) })),
            ]}
            onChange={(event) => change({ state: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}

function NoTokens({ isFiltered }: { readonly isFiltered: boolean }) {
  const say = useStrings(tokenStrings);
  if (isFiltered) return <p class="text-muted">{say("emptyState")}</p>;
  return (
    <Empty title={say("emptyTitle")}>
      <p class="mb-2">{say("emptyAbout")}</p>
      <div class="text-left">
        <Code label={say("example")} text={curlOf(location.origin, "tw_…")} />
      </div>
    </Empty>
  );
}
