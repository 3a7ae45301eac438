import { useState } from "preact/compat";
import { call } from "../api/client.ts";
import { Problem, unreachable } from "../api/problem.ts";
import type { MeJson } from "../api/shapes.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { Field, FormProblem, TextInput } from "../kit/field.tsx";
import { shellStrings } from "./strings.ts";

/** Username and password, in a form that password managers know. */
export function LoginForm(props: { readonly username?: string; readonly onLogin: () => void }) {
  const say = useStrings(shellStrings);
  const [username, setUsername] = useState(props.username ?? "");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setSending] = useState(false);
  const login = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    try {
      await call<MeJson>("POST", "/login", { body: { username: username.trim(), password } });
      props.onLogin();
    } catch (error) {
      setProblem(error instanceof Problem ? error : unreachable(error));
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void login();
      }}
    >
      <LoginProblem problem={problem} />
      <Field label={say("username")}>
        {(control) => (
          <TextInput
            {...control}
            name="username"
            autocomplete="username"
            required
            value={username}
            onInput={(event) => setUsername(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={say("password")}>
        {(control) => (
          <TextInput
            {...control}
            type="password"
            name="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      <Button look="primary" type="submit" disabled={isSending}>
        {say("login")}
      </Button>
    </form>
  );
}

function LoginProblem({ problem }: { readonly problem: Problem | null }) {
  const say = useStrings(shellStrings);
  if (problem === null) return null;
  if (problem.code !== "login.failed" && problem.code !== "rate.limited")
    return <FormProblem problem={problem} />;
  return (
    <p role="alert" class="rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad">
      {problem.code === "login.failed"
        ? say("loginFailed")
        : say("loginLimited", { seconds: problem.retryAfterSeconds ?? 60 })}
    </p>
  );
}
