/**
 * What a page of somebody else may try with the cookies of whoever looks at it. Each runs in that page, is told
 * where the dashboard is, and says what it got to read; null when the browser gave it nothing.
 */
export const FOREIGN_ATTACKS: Readonly<Record<string, (target: string) => Promise<string | null>>> =
  {
    "a fetch with text in the place of JSON": (target) =>
      fetch(`${target}/api/v1/jobs/prey/pause`, {
        method: "POST",
        mode: "no-cors",
        credentials: "include",
        headers: { "content-type": "text/plain" },
        body: '{"reason":"foreign"}',
      }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch with a form": (target) =>
      fetch(`${target}/api/v1/jobs/prey/runs`, {
        method: "POST",
        mode: "no-cors",
        credentials: "include",
        body: new URLSearchParams({ params: "{}" }),
      }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch with a body of no type": (target) =>
      fetch(`${target}/api/v1/jobs/prey/pause`, {
        method: "POST",
        mode: "no-cors",
        credentials: "include",
        body: new Blob(["{}"]),
      }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch with JSON": (target) =>
      fetch(`${target}/api/v1/tokens`, {
        method: "POST",
        credentials: "include",
        headers: { "content-type": "application/json" },
        body: '{"name":"foreign","scopes":["admin"]}',
      }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch that deletes": (target) =>
      fetch(`${target}/api/v1/jobs/prey`, { method: "DELETE", credentials: "include" }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch that reads": (target) =>
      fetch(`${target}/api/v1/me`, { credentials: "include" }).then(
        (answer) => answer.text(),
        () => null,
      ),
    "a fetch that reads blindly": (target) =>
      fetch(`${target}/api/v1/me`, { mode: "no-cors", credentials: "include" }).then(
        async (answer) => (await answer.text()) || null,
        () => null,
      ),
    "a beacon": async (target) => {
      navigator.sendBeacon(`${target}/api/v1/logout`, new Blob(["{}"], { type: "text/plain" }));
      return null;
    },
    "an image": (target) =>
      new Promise((resolve) => {
        const image = new Image();
        image.addEventListener("load", () => resolve("an image"));
        image.addEventListener("error", () => resolve(null));
        image.src = `${target}/api/v1/jobs/prey/pause`;
      }),
    "a script": (target) =>
      new Promise((resolve) => {
        const script = document.createElement("script");
        script.addEventListener("load", () => resolve("a script"));
        script.addEventListener("error", () => resolve(null));
        script.src = `${target}/api/v1/jobs`;
        document.body.append(script);
      }),
    "a WebSocket": (target) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${target.replace("http", "ws")}/api/v1/live`);
        socket.addEventListener("open", () => resolve("a socket"));
        socket.addEventListener("error", () => resolve(null));
      }),
    "a login as somebody else": (target) =>
      fetch(`${target}/api/v1/login`, {
        method: "POST",
        mode: "no-cors",
        credentials: "include",
        headers: { "content-type": "text/plain" },
        body: '{"username":"mallory","password":"a password of mallory"}',
      }).then(
        async (answer) => (await answer.text()) || null,
        () => null,
      ),
  };

/** Runs in the page: sends a form to where it should not go. */
export function submitForm([action, enctype]: readonly [string, string]): void {
  const form = document.createElement("form");
  form.method = "POST";
  form.action = action;
  form.enctype = enctype;
  const field = document.createElement("input");
  // As text/plain this makes JSON.
  field.name = '{"reason":"foreign","ignored":"';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();
}
