import { useState } from "preact/compat";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time, useNow } from "../../kit/time.tsx";
import { toast } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { ConfirmDialog } from "./confirm.tsx";
import { LimitWords } from "./executor-limit.tsx";
import { stateOf, widestScope, type TokenJson } from "./token-shape.ts";
import { tokenStrings } from "./token-strings.ts";
import { userStrings } from "./user-strings.ts";

const LOOKS = {
  active: ["●", "text-ok bg-ok-ground"],
  expired: ["■", "text-warn bg-warn-ground"],
  revoked: ["⊘", "text-muted bg-hover"],
} as const;

/** Tokens without the tokens themselves. */
export function TokenTable({ tokens }: { readonly tokens: readonly TokenJson[] }) {
  const say = useStrings(tokenStrings);
  const { namespace } = useMe();
  const columns = useColumns();
  return (
    <Table
      caption={say("list", { namespace })}
      columns={columns}
      rows={tokens}
      idOf={({ id }) => id}
    />
  );
}

function useColumns(): readonly Column<TokenJson>[] {
  const say = useStrings(tokenStrings);
  const sayKit = useStrings(kitStrings);
  const sayUsers = useStrings(userStrings);
  return [
    { key: "name", title: say("name"), cell: (token) => <TokenName token={token} /> },
    {
      key: "scope",
      title: say("scope"),
      isWideOnly: true,
      cell: ({ scopes }) => <span title={scopes.join(", ")}>{say(widestScope(scopes))}</span>,
    },
    {
      key: "limit",
      title: sayUsers("limit"),
      isWideOnly: true,
      cell: ({ executors }) => <LimitWords executors={executors} />,
    },
    { key: "state", title: say("state"), cell: (token) => <TokenState token={token} /> },
    {
      key: "expires",
      title: say("expires"),
      isWideOnly: true,
      cell: (token) => <Expires token={token} />,
    },
    {
      key: "used",
      title: say("lastUsed"),
      isWideOnly: true,
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span class="text-muted">{say("neverUsed")}</span>
        ) : (
          <Time at={lastUsedAt} as="relative" />
        ),
    },
    {
      key: "by",
      title: say("createdBy"),
      isWideOnly: true,
      cell: ({ createdBy }) => createdBy ?? "–",
    },
    { key: "act", title: sayKit("actions"), cell: (token) => <Revoke token={token} /> },
  ];
}

function TokenName({ token }: { readonly token: TokenJson }) {
  const say = useStrings(tokenStrings);
  return (
    <>
      <span class="font-medium break-words">{token.name}</span>
      <code class="block text-xs text-muted" title={say("prefix")}>
        {token.prefix}…
      </code>
      <span class="block text-xs md:hidden">{say(widestScope(token.scopes))}</span>
    </>
  );
}

function TokenState({ token }: { readonly token: TokenJson }) {
  const say = useStrings(tokenStrings);
  const state = stateOf(token, useNow());
  const [mark, look] = LOOKS[state];
  const isRevoked = state === "revoked";
  return (
    <>
      <span
        class={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${look}`}
      >
        <span aria-hidden="true">{mark}</span>
        {say(state)}
      </span>
      <span class={`block text-xs text-muted ${isRevoked ? "" : "md:hidden"}`}>
        {isRevoked ? (
          <Time at={token.revokedAt} as="relative" />
        ) : (
          <>
            {say("expires")} <Expires token={token} />
          </>
        )}
      </span>
    </>
  );
}

function Expires({ token: { expiresAt } }: { readonly token: TokenJson }) {
  const say = useStrings(tokenStrings);
  if (expiresAt === null) return <span class="text-muted">{say("never")}</span>;
  return <Time at={expiresAt} as="relative" />;
}

function Revoke({ token }: { readonly token: TokenJson }) {
  const say = useStrings(tokenStrings);
  const [isAsking, setAsking] = useState(false);
  const { name } = token;
  const revoke = useChange<undefined, undefined>(() => ({
    method: "DELETE",
    path: `/tokens/${encodeURIComponent(token.id)}`,
  }));
  if (token.revokedAt !== null) return null;
  return (
    <>
      <Button look="danger" aria-label={say("revokeOf", { name })} onClick={() => setAsking(true)}>
        {say("revoke")}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={say("revokeOf", { name })}
          about={say("revokeConfirm", { name })}
          go={say("revoke")}
          change={revoke}
          onDone={() => toast(say("wasRevoked", { name }))}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
