import { useState } from "preact/compat";
import { namespaceChoice } from "../../api/client.ts";
import type { NamespaceJson } from "../../api/shapes.ts";
import { useChange, usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Time } from "../../kit/time.tsx";
import { toast } from "../../kit/toast.tsx";
import { useMay, useMe } from "../../shell/me.ts";
import { ConfirmDialog } from "./confirm.tsx";
import { tagOf } from "../../kit/guarded-save.tsx";
import { NamespaceEdit, NamespaceNew } from "./namespace-form.tsx";
import { SigningSecret } from "./namespace-secret.tsx";
import { namespaceStrings } from "./namespace-strings.ts";
import { QuotaMeter } from "./quota-meter.tsx";

const KINDS = ["jobs", "workflows", "executors"] as const;
/** It is always there. */
const DEFAULT = "default";

/** The namespaces that one may see, with what is in them. */
export function NamespacesSection() {
  const say = useStrings(namespaceStrings);
  const sayKit = useStrings(kitStrings);
  const { isInstanceAdmin } = useMe();
  const [isMaking, setMaking] = useState(false);
  const namespaces = usePages<NamespaceJson>("/namespaces");
  return (
    <>
      <div class="flex flex-wrap items-center gap-3">
        <p class="min-w-0 flex-1 basis-64 text-muted">{say("about")}</p>
        {isInstanceAdmin && (
          <Button look="primary" onClick={() => setMaking(true)}>
            {say("new")}
          </Button>
        )}
      </div>
      <Loaded of={namespaces}>
        {(items) => (
          <>
            {items.map((namespace) => (
              <NamespaceCard key={namespace.name} namespace={namespace} />
            ))}
            {namespaces.hasMore && (
              <Button disabled={namespaces.isLoadingMore} onClick={() => namespaces.more()}>
                {sayKit("more")}
              </Button>
            )}
          </>
        )}
      </Loaded>
      {isMaking && <NamespaceNew onClose={() => setMaking(false)} />}
    </>
  );
}

function NamespaceCard({ namespace }: { readonly namespace: NamespaceJson }) {
  const say = useStrings(namespaceStrings);
  const me = useMe();
  const mayManage = useMay("admin");
  const { name, description, usage, quotas, createdAt } = namespace;
  const isHere = name === me.namespace;
  const maySign = me.isInstanceAdmin || (isHere && mayManage && me.executors === null);
  return (
    <Card
      title={
        <>
          <span class="break-all">{name}</span>
          {isHere && <span class="ml-2 font-normal text-muted">{say("here")}</span>}
        </>
      }
      actions={<CardActions namespace={namespace} isHere={isHere} />}
    >
      {description !== "" && <p class="mb-2 break-words">{description}</p>}
      <div class="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-4">
        {KINDS.map((kind) => (
          <QuotaMeter
            key={kind}
            label={say(kind)}
            used={usage[kind]}
            most={quotas[kind]}
            wrap={(text) => (
              <WithinLink name={name} isHere={isHere} href={`/${kind}`}>
                {text}
              </WithinLink>
            )}
          />
        ))}
        {createdAt !== null && (
          <div>
            <p class="text-xs text-muted">{say("made")}</p>
            <Time at={createdAt} />
          </div>
        )}
      </div>
      {maySign && <SigningSecret namespace={namespace} />}
    </Card>
  );
}

/** A link to a page of a namespace; that of another one shows that namespace from then on. */
function WithinLink(props: {
  readonly name: string;
  readonly isHere: boolean;
  readonly href: string;
  readonly children: string;
}) {
  const { name, isHere, href, children } = props;
  if (isHere)
    return (
      <TextLink href={href} class="underline">
        {children}
      </TextLink>
    );
  return (
    <button type="button" class="text-accent underline" onClick={() => enter(name, href)}>
      {children}
    </button>
  );
}

/** Shows another namespace from now on. The page is loaded anew: nothing of the one before stays. */
function enter(name: string, href: string): void {
  namespaceChoice.write(name);
  location.assign(href);
}

function CardActions(props: { readonly namespace: NamespaceJson; readonly isHere: boolean }) {
  const say = useStrings(namespaceStrings);
  const { namespace, isHere } = props;
  const { name } = namespace;
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const { isInstanceAdmin } = useMe();
  const close = (): void => setOpen(null);
  return (
    <>
      {!isHere && <Button onClick={() => enter(name, "/")}>{say("show")}</Button>}
      {isInstanceAdmin && (
        <Button aria-label={say("editOf", { name })} onClick={() => setOpen("edit")}>
          {say("edit")}
        </Button>
      )}
      {isInstanceAdmin && name !== DEFAULT && (
        <Button
          look="danger"
          aria-label={say("deleteOf", { name })}
          onClick={() => setOpen("delete")}
        >
          {say("delete")}
        </Button>
      )}
      {open === "edit" && <NamespaceEdit namespace={namespace} onClose={close} />}
      {open === "delete" && <NamespaceDelete namespace={namespace} onClose={close} />}
    </>
  );
}

function NamespaceDelete(props: {
  readonly namespace: NamespaceJson;
  readonly onClose: () => void;
}) {
  const say = useStrings(namespaceStrings);
  const me = useMe();
  const { name, version } = props.namespace;
  const change = useChange<undefined, undefined>(() => ({
    method: "DELETE",
    path: `/namespaces/${encodeURIComponent(name)}`,
    ifMatch: tagOf(version),
  }));
  const leave = (): void => {
    toast(say("deleted", { name }));
    // What is gone cannot be shown any more.
    if (name === me.namespace) enter(DEFAULT, "/settings/namespaces");
  };
  return (
    <ConfirmDialog
      title={say("deleteOf", { name })}
      about={say("deleteConfirm")}
      go={say("delete")}
      change={change}
      onDone={leave}
      onClose={props.onClose}
    />
  );
}
