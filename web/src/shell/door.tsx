import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/compat";
import { useLocation, useSearch } from "wouter";
import { whenLoginNeeded } from "../api/client.ts";
import type { MeJson } from "../api/shapes.ts";
import { queryClient, useApi, type Read } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { TextLink } from "../kit/button.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Failure } from "../kit/loaded.tsx";
import { live } from "../live/live-connection.ts";
import { LoginForm } from "./login-form.tsx";
import { MeContext } from "./me.ts";
import { PasswordForm } from "./password-form.tsx";
import { SetupForm } from "./setup-form.tsx";
import { shellStrings } from "./strings.ts";

/** Everything is asked for again, as whoever is logged in now. */
function begin(): void {
  live.restart();
  void queryClient.invalidateQueries();
}

/**
 * Shows the pages to who is logged in, and the login to everybody else. When the session ends while a page is
 * shown, the login stands over it, so that what was typed is not lost.
 */
export function Door({ children }: { readonly children: ComponentChildren }) {
  const me = useApi<MeJson>("/me");
  const [isEnded, setEnded] = useState(false);
  const [path] = useLocation();
  useEffect(() => whenLoginNeeded(() => setEnded(true)), []);
  const isOut = me.problem?.status === 401;
  const shown = path === "/setup" || path === "/login" || (isOut && !isEnded) ? undefined : me.data;
  if (shown === undefined) return <Outside me={me} />;
  if (shown.mustChangePassword)
    return (
      <Box titleKey="changePassword" aboutKey="changePasswordAbout">
        <PasswordForm username={shown.name} onDone={begin} />
      </Box>
    );
  const login = (): void => {
    setEnded(false);
    begin();
  };
  return (
    <MeContext.Provider value={shown}>
      {children}
      <LoginOver
        username={shown.kind === "user" ? shown.name : ""}
        isOpen={isEnded}
        onLogin={login}
      />
    </MeContext.Provider>
  );
}

/** Before it is known who is there, and while nobody is. */
function Outside({ me }: { readonly me: Read<MeJson> }) {
  const isOut = me.problem?.status === 401;
  if (me.problem !== null && !isOut)
    return <Failure problem={me.problem} again={() => me.again()} />;
  return me.isPending ? null : <Entrance isIn={me.data !== undefined && !isOut} />;
}

/** Visible ASCII without a backslash. */
const PATH = /^[!-[\]-~]+$/;

/** The way back after the login: a path of these pages, never another origin. */
export function safeNext(next: string | null): string {
  if (next === null || !next.startsWith("/") || /^\/[/\\]/.test(next)) return "/";
  return PATH.test(next) ? next : "/";
}

/** Login or setup. Who comes here and is logged in goes on to where they wanted to go. */
function Entrance({ isIn }: { readonly isIn: boolean }) {
  const say = useStrings(shellStrings);
  const [path, navigate] = useLocation();
  const next = safeNext(new URLSearchParams(useSearch()).get("next"));
  const setup = useApi<{ readonly needed: boolean }>("/setup");
  useEffect(() => {
    if (isIn) navigate(next, { replace: true });
  }, [isIn, next, navigate]);
  const enter = (): void => {
    begin();
    if (path === "/login" || path === "/setup") navigate(next, { replace: true });
  };
  if (path === "/setup" && setup.data?.needed === false)
    return (
      <Box titleKey="setupTitle" aboutKey="setupOver">
        <TextLink href="/login">{say("login")}</TextLink>
      </Box>
    );
  if (path === "/setup")
    return (
      <Box titleKey="setupTitle" aboutKey="setupAbout">
        <SetupForm onDone={enter} />
      </Box>
    );
  return (
    <Box titleKey="login">
      <LoginForm onLogin={enter} />
      {setup.data?.needed === true && (
        <p class="mt-3">
          <TextLink href="/setup">{say("setupLink")}</TextLink>
        </p>
      )}
    </Box>
  );
}

type BoxKey =
  | "login"
  | "setupTitle"
  | "setupAbout"
  | "setupOver"
  | "changePassword"
  | "changePasswordAbout";

function Box(props: {
  readonly titleKey: BoxKey;
  readonly aboutKey?: BoxKey;
  readonly children: ComponentChildren;
}) {
  const say = useStrings(shellStrings);
  const title = say(props.titleKey);
  useEffect(() => {
    document.title = `${title} · Tickwheel`;
  }, [title]);
  return (
    <main class="mx-auto mt-[12vh] w-[min(24rem,92vw)] rounded-lg border border-line bg-surface p-6">
      <p class="mb-1 font-semibold text-muted">Tickwheel</p>
      <h1 class="mb-2 text-lg font-semibold">{title}</h1>
      {props.aboutKey !== undefined && <p class="mb-3 text-muted">{say(props.aboutKey)}</p>}
      {props.children}
    </main>
  );
}

function LoginOver(props: {
  readonly isOpen: boolean;
  readonly username: string;
  readonly onLogin: () => void;
}) {
  const say = useStrings(shellStrings);
  return (
    <Dialog
      title={say("login")}
      about={say("loginAgain")}
      isOpen={props.isOpen}
      // There is nothing behind it without a login.
      onClose={() => {}}
    >
      <LoginForm username={props.username} onLogin={props.onLogin} />
    </Dialog>
  );
}
