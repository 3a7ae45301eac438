import { useState } from "preact/compat";
import type { PageJson, SessionJson } from "../../api/shapes.ts";
import { useApi, useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { ConfirmDialog } from "./confirm.tsx";
import { deviceOf } from "./device-words.ts";
import { settingsStrings } from "./strings.ts";

const EVERY_MS = 30_000;

/** Where one is logged in, and the way to end that from here. */
export function SessionsSection() {
  const say = useStrings(settingsStrings);
  const isUser = useMe().kind === "user";
  const sessions = useApi<PageJson<SessionJson>>(isUser ? "/sessions" : null, {
    everyMs: EVERY_MS,
  });
  if (!isUser)
    return (
      <Card>
        <p class="text-muted">{say("noSessions")}</p>
      </Card>
    );
  return (
    <Card>
      <p class="mb-3 text-muted">{say("sessionsAbout")}</p>
      <Loaded of={sessions}>
        {({ items }) => (
          <>
            <SessionTable sessions={items} />
            {items.some(({ isCurrent }) => !isCurrent) && <SignOutOthers />}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function SessionTable({ sessions }: { readonly sessions: readonly SessionJson[] }) {
  const say = useStrings(settingsStrings);
  const sayKit = useStrings(kitStrings);
  const columns: readonly Column<SessionJson>[] = [
    { key: "device", title: say("device"), cell: (session) => <DeviceName session={session} /> },
    {
      key: "address",
      title: say("address"),
      isWideOnly: true,
      cell: ({ address }) => address ?? "–",
    },
    {
      key: "begun",
      title: say("begun"),
      isWideOnly: true,
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    { key: "seen", title: say("seen"), cell: ({ seenAt }) => <Time at={seenAt} as="relative" /> },
    {
      key: "ends",
      title: say("ends"),
      isWideOnly: true,
      cell: ({ expiresAt }) => <Time at={expiresAt} as="relative" />,
    },
    {
      key: "act",
      title: sayKit("actions"),
      cell: (session) => !session.isCurrent && <SignOut session={session} />,
    },
  ];
  return (
    <Table
      caption={say("sessions")}
      columns={columns}
      rows={sessions.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))}
      idOf={({ id }) => id}
    />
  );
}

function DeviceName({ session }: { readonly session: SessionJson }) {
  const say = useStrings(settingsStrings);
  const wordsOf = useDeviceWords();
  return (
    <span title={session.userAgent ?? ""}>
      {wordsOf(session)}
      {session.isCurrent && (
        <span class="ml-2 rounded bg-ok-ground px-1.5 py-0.5 text-xs font-medium whitespace-nowrap text-ok">
          <span aria-hidden="true">✓</span> {say("thisOne")}
        </span>
      )}
      <span class="block text-xs text-muted md:hidden">{session.address ?? "–"}</span>
    </span>
  );
}

function SignOut({ session }: { readonly session: SessionJson }) {
  const say = useStrings(settingsStrings);
  const device = useDeviceWords()(session);
  const end = useChange<undefined, undefined>(() => ({
    method: "DELETE",
    path: `/sessions/${encodeURIComponent(session.id)}`,
  }));
  return (
    <Button
      disabled={end.isPending}
      aria-label={say("signOutOf", { device })}
      onClick={() =>
        void end.send(undefined).then(() => toast(say("signedOut", { device })), toastFailure)
      }
    >
      {say("signOut")}
    </Button>
  );
}

function SignOutOthers() {
  const say = useStrings(settingsStrings);
  const [isAsking, setAsking] = useState(false);
  const end = useChange<undefined, undefined>(() => ({ method: "DELETE", path: "/sessions" }));
  return (
    <div class="mt-3">
      <Button look="danger" onClick={() => setAsking(true)}>
        {say("signOutOthers")}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={say("signOutOthers")}
          about={say("othersConfirm")}
          go={say("signOutOthers")}
          change={end}
          onDone={() => toast(say("signedOutOthers"))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** The device of a session in words. */
function useDeviceWords(): (session: SessionJson) => string {
  const say = useStrings(settingsStrings);
  return ({ userAgent }) => {
    const device = deviceOf(userAgent);
    if (device === null) return say("deviceUnknown");
    const { browser, system } = device;
    return system === null ? browser : say("deviceOn", { browser, system });
  };
}
