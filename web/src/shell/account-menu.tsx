import { CircleUser } from "lucide-react";
import { useLocation } from "wouter";
import { call, namespaceChoice } from "../api/client.ts";
import { queryClient, useApi } from "../api/use-api.ts";
import type { NamespaceJson, PageJson } from "../api/shapes.ts";
import { useStrings } from "../i18n/strings.ts";
import { Menu } from "../kit/menu.tsx";
import { toastFailure } from "../kit/toast.tsx";
import { live } from "../live/live-connection.ts";
import { useMe } from "./me.ts";
import { shellStrings } from "./strings.ts";

/** Who is logged in, and the way out. */
export function AccountMenu() {
  const say = useStrings(shellStrings);
  const me = useMe();
  const [, navigate] = useLocation();
  return (
    <Menu
      label={`${say("account")}: ${me.name}`}
      trigger={
        <>
          <CircleUser size={17} aria-hidden="true" />
          <span class="hidden max-w-32 truncate text-xs lg:inline">{me.name}</span>
        </>
      }
      items={[
        { label: say("settings"), onSelect: () => navigate("/settings/account") },
        { label: say("apiDocs"), onSelect: () => location.assign("/docs") },
        ...(me.kind === "user" ? [{ label: say("logout"), onSelect: () => void logout() }] : []),
      ]}
    />
  );
}

async function logout(): Promise<void> {
  try {
    await call("POST", "/logout", { body: {} });
  } catch (error) {
    toastFailure(error);
    return;
  }
  location.assign("/login");
}

/** The namespace that the pages show, where there is more than one to choose from. */
export function NamespaceChooser() {
  const say = useStrings(shellStrings);
  const me = useMe();
  const [, navigate] = useLocation();
  const all = useApi<PageJson<NamespaceJson>>(me.isInstanceAdmin ? "/namespaces" : null);
  const names = me.isInstanceAdmin
    ? (all.data?.items.map(({ name }) => name) ?? [])
    : me.memberships.map(({ namespace }) => namespace);
  if (names.length < 2)
    return me.namespace === "default" ? null : <span class="px-1 text-xs">{me.namespace}</span>;
  const choose = (name: string): void => {
    namespaceChoice.write(name);
    live.restart();
    queryClient.clear();
    navigate("/");
    location.reload();
  };
  return (
    <Menu
      label={`${say("namespace")}: ${me.namespace}`}
      trigger={<span class="max-w-28 truncate font-medium text-text">{me.namespace} ▾</span>}
      items={names.map((name) => ({ label: name, onSelect: () => choose(name) }))}
    />
  );
}
