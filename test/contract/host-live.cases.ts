import { expect } from "vitest";
import type { HostClient } from "../support/host-client.ts";
import {
  type LiveSocketClient,
  openLive,
  openWithTicket,
  refusedLive,
  ticketOf,
  withTicket,
} from "../support/live-client.ts";
import { aWebhookJob, type HostCase, type Scene } from "./host-case.ts";

const CUTS = 100;
const NO_RUN = `wr_${"0".repeat(34)}`;

/** What a page does: it keeps of each row the newest version, and goes on after a cut where it was. */
class Page {
  readonly versions = new Map<string, number>();
  readonly states = new Map<string, string>();
  seq: number | null = null;
  resets = 0;
  disorder = 0;
  #unacked = 0;

  take(message: Message, socket: LiveSocketClient): void {
    if (message.reset === true) this.resets++;
    if (message.seq !== undefined && message.row !== undefined) {
      if (this.seq !== null && message.seq <= this.seq) this.disorder++;
      const { id, version, state } = message.row;
      if (version >= (this.versions.get(id) ?? 0)) {
        this.versions.set(id, version);
        this.states.set(id, state);
      }
      this.#unacked++;
    }
    this.seq = message.seq ?? this.seq;
    if (this.#unacked < 100) return;
    socket.say({ ack: this.seq });
    this.#unacked = 0;
  }
}

interface Message {
  readonly seq?: number;
  readonly reset?: boolean;
  readonly row?: { readonly id: string; readonly version: number; readonly state: string };
}

async function aJob({ client, sink }: Scene, name: string): Promise<string> {
  const url = sink.on(`/${name}`, async () => ({ status: 200, json: { result: "done" } }));
  await client.get("POST", "/jobs", 201, { body: aWebhookJob(name, url) });
  return name;
}

async function runOf(client: HostClient, job: string): Promise<string> {
  const { id } = await client.get("POST", `/jobs/${job}/runs?overlap=allow`, 202);
  return id;
}

function lastOf({ messages }: LiveSocketClient): number {
  return messages.findLast(({ seq }) => seq !== undefined)?.seq ?? 0;
}

function rowsOf({ messages }: LiveSocketClient): number {
  return messages.filter(({ row }) => row !== undefined).length;
}

const bearer = (token: string): { readonly headers: { readonly authorization: string } } => ({
  headers: { authorization: `Bearer ${token}` },
});

export const HOST_LIVE_CASES: readonly HostCase[] = [
  {
    name: "rows of the named topics come over a socket as they change, to their end",
    run: async (scene) => {
      const { client } = scene;
      const job = await aJob(scene, "live-rows");
      const socket = await openWithTicket(client, "/live");
      socket.say({ subscribe: ["runs"] });
      await socket.received(1);
      const id = await runOf(client, job);

      const ended = await socket.until(`the end of ${id}`, () =>
        socket.messages.find(({ row }) => row?.id === id && row.state === "succeeded"),
      );
      await socket.cut();

      expect(socket.messages[0]).toMatchObject({ subscribed: ["runs"] });
      expect(ended).toMatchObject({
        topic: "runs",
        row: { kind: "run", job, result: "done", cut: false },
      });
      expect(new Set(socket.messages.slice(1).map(({ topic }) => topic))).toEqual(
        new Set(["runs"]),
      );
    },
  },
  {
    name: `a socket that is cut ${CUTS} times while rows flow misses no row's newest version`,
    run: async (scene) => {
      const { client } = scene;
      const job = await aJob(scene, "live-cuts");
      const page = new Page();
      const runs: string[] = [];
      const stop = new AbortController();
      const flow = (async () => {
        while (!stop.signal.aborted) {
          // One after the other, so that rows flow for as long as sockets are cut.
          // oxlint-disable-next-line no-await-in-loop
          runs.push(await runOf(client, job));
        }
      })();
      for (let cuts = 0; cuts < CUTS; cuts++) {
        // oxlint-disable-next-line no-await-in-loop -- One socket after the other is what is tested.
        const socket = await pageSocket(client, page);
        // Some are cut before they have heard anything.
        // oxlint-disable-next-line no-await-in-loop
        if (cuts % 3 > 0) await socket.received(cuts % 7);
        // oxlint-disable-next-line no-await-in-loop
        await socket.cut();
      }
      stop.abort();
      await flow;
      const socket = await pageSocket(client, page);
      await socket.until("the end of all runs", () =>
        runs.every((id) => page.states.get(id) === "succeeded") ? true : undefined,
      );
      await socket.cut();
      const stored = await Promise.all(
        runs.map(async (id) => (await client.get("GET", `/runs/${id}`, 200)).version),
      );

      expect(runs.map((id) => page.versions.get(id))).toEqual(stored);
      expect(page).toMatchObject({ resets: 0, disorder: 0 });
    },
  },
  {
    name: "a reader that acknowledges nothing gets its window and the rest when it does",
    run: async (scene) => {
      const { client } = scene;
      const job = await aJob(scene, "live-slow");
      const watch = await openWithTicket(client, "/live");
      watch.say({ subscribe: ["runs"] });
      const slow = await openWithTicket(client, "/live");
      slow.say({ subscribe: ["runs"] });
      await Promise.all([watch.received(1), slow.received(1)]);
      while (watch.messages.length < 1_200) {
        // Rows of other scenarios count as well: all that matters is that there are enough.
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all(Array.from({ length: 20 }, () => runOf(client, job)));
        watch.say({ ack: lastOf(watch) });
      }
      await slow.until("the window", () => (rowsOf(slow) >= 1_000 ? true : undefined));
      slow.say("ping");
      await slow.until("the pong", () => slow.messages.find((message) => message === "pong"));
      const before = rowsOf(slow);
      slow.say({ ack: lastOf(slow) });
      await slow.until("the rest", () => (rowsOf(slow) >= 1_200 ? true : undefined));
      await Promise.all([watch.cut(), slow.cut()]);

      expect(before).toBe(1_000);
      expect(slow.messages.filter(({ reset }) => reset === true)).toEqual([]);
    },
  },
  {
    name: "a ticket opens one socket, and a forged one none",
    run: async ({ client }) => {
      const ticket = await ticketOf(client);
      const first = await openLive(client, withTicket("/live", ticket));
      const again = await refusedLive(client, withTicket("/live", ticket));
      const forged = await refusedLive(client, withTicket("/live", `${ticket}x`));
      const none = await refusedLive(client, "/live");
      const wrong = await refusedLive(client, "/live", bearer(`tw_${"A".repeat(43)}`));
      await first.cut();

      expect(again).toMatchObject({ status: 401, json: { code: "ticket.invalid" } });
      expect(forged).toMatchObject({ status: 401, json: { code: "ticket.invalid" } });
      expect(none).toMatchObject({ status: 401, json: { code: "token.missing" } });
      expect(wrong).toMatchObject({ status: 401, json: { code: "token.invalid" } });
    },
  },
  {
    name: "a program opens a socket with its token, for one workflow run from the first moment",
    run: async ({ client }) => {
      const path = `/workflow-runs/${NO_RUN}/live`;
      const socket = await openLive(client, path, bearer(client.token));
      await socket.received(1);
      const unknown = await refusedLive(client, "/workflow-runs/x/live", bearer(client.token));
      await socket.cut();

      expect(socket.messages[0]).toMatchObject({ subscribed: [`workflow-run:${NO_RUN}`] });
      expect(unknown).toMatchObject({ status: 404, json: { code: "workflow_run.unknown" } });
    },
  },
  {
    name: "a workflow run and its steps come over a socket of its own",
    run: async ({ client }) => {
      const steps = [
        { name: "ask", approval: { timeout: "1h", onTimeout: "reject" } },
        { name: "done", after: ["ask"] },
      ];
      await client.get("PUT", "/workflows/live-flow", 201, { body: { steps } });
      const { id } = await client.get("POST", "/workflows/live-flow/runs", 202);
      const socket = await openWithTicket(client, `/workflow-runs/${id}/live`);
      await socket.received(1);
      const decision = { note: "seen" };
      await client.get("POST", `/workflow-runs/${id}/steps/ask/approve`, 200, { body: decision });
      await socket.until("the end of the workflow run", () =>
        socket.messages.find(
          ({ row }) => row?.kind === "workflow-run" && row.state === "succeeded",
        ),
      );
      await socket.cut();

      const topics = new Set(socket.messages.slice(1).map(({ topic }) => topic));
      expect(topics).toEqual(new Set([`workflow-run:${id}`]));
      for (const name of ["ask", "done"])
        expect(socket.messages).toContainEqual(
          expect.objectContaining({
            row: expect.objectContaining({
              kind: "step",
              workflowRun: id,
              name,
              state: "succeeded",
            }),
          }),
        );
    },
  },
  {
    name: "a page of another origin opens no socket, and our own one does",
    run: async ({ client }) => {
      const foreign = await refusedLive(client, withTicket("/live", await ticketOf(client)), {
        origin: "https://evil.example",
      });
      const own = await openLive(client, withTicket("/live", await ticketOf(client)), {
        origin: client.url,
      });
      await own.cut();

      expect(foreign).toMatchObject({ status: 403, json: { code: "permission.denied" } });
    },
  },
  {
    name: "a socket ends with the session or token that opened it",
    run: async (scene) => {
      const { client } = scene;
      const job = await aJob(scene, "live-ends");
      const made = await client.get("POST", "/tokens", 201, {
        body: { name: "live-ends", scopes: ["read"] },
      });
      const byToken = await openLive(client, "/live", bearer(made.token));
      const session = await loggedIn(client, "live-ends");
      const { ticket } = await session("POST", "/live/tickets", {});
      const bySession = await openLive(client, withTicket("/live", String(ticket)));
      const bystander = await openWithTicket(client, "/live");
      for (const socket of [byToken, bySession, bystander]) socket.say({ subscribe: ["runs"] });
      await Promise.all([byToken.received(1), bySession.received(1), bystander.received(1)]);
      await client.get("DELETE", `/tokens/${made.id}`, 204);
      await session("POST", "/logout", {});
      // A hub that sleeps is woken by rows.
      while ([byToken, bySession].some(({ ws }) => ws.readyState === ws.OPEN)) {
        // oxlint-disable-next-line no-await-in-loop -- One row after the other.
        await client.get("POST", `/jobs/${job}/runs?wait=5s&overlap=allow`, 200);
      }

      expect(await Promise.all([byToken.closed, bySession.closed])).toEqual([4_401, 4_401]);
      expect(bystander.ws.readyState).toBe(bystander.ws.OPEN);
      await bystander.cut();
    },
  },
  {
    name: "what is no message is told so, and ends the socket",
    run: async ({ client }) => {
      const socket = await openWithTicket(client, "/live");
      socket.say({ subscribe: ["tokens"] });

      expect(await socket.closed).toBe(1_008);
      expect(socket.messages).toMatchObject([{ error: { code: "request.invalid" } }]);
    },
  },
  {
    name: "changes of jobs and executors come over a socket, and their ends",
    run: async (scene) => {
      const { client } = scene;
      const socket = await openWithTicket(client, "/live");
      socket.say({ subscribe: ["jobs", "executors"] });
      await socket.received(1);
      const job = await aJob(scene, "live-job");
      await client.get("POST", `/jobs/${job}/pause`, 200, { body: {} });
      await client.get("DELETE", `/jobs/${job}`, 204);
      const executor = { appKey: "live-app", name: "live-app", registration: "auto" };
      await client.get("POST", "/executors", 201, { body: executor });
      await client.get("DELETE", "/executors/live-app", 204);
      const mine = (): readonly Record<string, unknown>[] =>
        socket.messages.flatMap(({ row }) =>
          row?.name === job || row?.appKey === "live-app" ? [row] : [],
        );
      const gone = (): number => mine().filter(({ deleted }) => deleted === true).length;
      await socket.until("their ends", () => (gone() >= 2 ? true : undefined));
      await socket.cut();

      expect(mine()).toContainEqual(expect.objectContaining({ kind: "job", state: "paused" }));
      expect(mine().at(-1)).toMatchObject({ deleted: true });
    },
  },
];

type Asks = (method: string, path: string, body: unknown) => Promise<Record<string, unknown>>;

/** Calls the API as a page of a new user who has logged in. */
async function loggedIn(client: HostClient, username: string): Promise<Asks> {
  const password = "a wheel that turns at night";
  const body = { username, password, role: "viewer", mustChangePassword: false };
  await client.get("POST", "/users", 201, { body });
  const own = { origin: client.url, "sec-fetch-site": "same-origin" };
  const login = await client.ask("POST", "/api/v1/login", {
    token: null,
    body: { username, password },
    headers: own,
  });
  const cookie = login.headers
    .getSetCookie()
    .map((set) => set.split(";")[0])
    .join("; ");
  return async (method, path, sent) => {
    const headers = { ...own, cookie };
    const got = await client.ask(method, `/api/v1${path}`, { token: null, body: sent, headers });
    expect(got.status, got.text).toBeLessThan(300);
    return got.json;
  };
}

async function pageSocket(client: HostClient, page: Page): Promise<LiveSocketClient> {
  const socket = await openWithTicket(client, "/live");
  socket.observer = (message: Message) => page.take(message, socket);
  socket.say({ subscribe: ["runs"], ...(page.seq === null ? {} : { after: page.seq }) });
  return socket;
}
