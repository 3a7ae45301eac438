import type { Handlers } from "../../../src/sdk/executor.ts";
import { EXEC_HEADER, execClaims, signedToken } from "../exec-tokens.ts";
import { type ExecutorNode, type NewExecutor, startNode } from "../executor-node.ts";
import type { HostClient } from "../host-client.ts";
import { XSS_PAYLOADS } from "../xss-payloads.ts";
import type { PayloadDeck } from "./payload-deck.ts";

const NAME_CHARS = 128;
const TAG_CHARS = 64;
const LEVELS = ["debug", "info", "warn", "error"] as const;

/** The appKeys of the executors that `hostileExecutors` makes. */
export const HOSTILE_EXECUTORS = ["working", "listed", "beating"] as const;

/** An executor that works and says nothing but payloads, one that lists nodes by hand, and one that only beats. */
export async function hostileExecutors(
  client: HostClient,
  deck: PayloadDeck,
): Promise<ExecutorNode> {
  const name = (): string => deck.one("executor names", { charsMax: NAME_CHARS });
  const tags = (): readonly string[] => deck.some("node tags", 16, { charsMax: TAG_CHARS });
  const nodes = ["https://one.invalid", "https://two.invalid/<script>"].map((address) => ({
    address,
    tags: [...tags(), ...tags()],
  }));
  const make = (body: unknown): Promise<NewExecutor> =>
    client.get("POST", "/executors", 201, { body });
  const working = await make({ appKey: "working", name: name(), registration: "auto" });
  await make({ appKey: "listed", name: name(), registration: "manual", nodes });
  const beating = await make({ appKey: "beating", name: name(), registration: "auto" });
  await beat(client, beating, {
    address: "http://127.0.0.1:4999/'onclick='x",
    tags: [...tags(), ...tags()],
    handlers: XSS_PAYLOADS.filter(({ length }) => length <= NAME_CHARS),
    version: deck.one("node versions", { charsMax: TAG_CHARS }),
  });
  const version = deck.one("node versions", { charsMax: TAG_CHARS });
  return startNode(client, working, { handlers: handlersOf(deck), tags: tags(), version });
}

function handlersOf(deck: PayloadDeck): Handlers {
  return {
    /** Writes the whole corpus into its log, and answers with it. */
    tell(ctx) {
      for (const [i, payload] of XSS_PAYLOADS.entries())
        ctx.log[LEVELS[i % LEVELS.length] ?? "info"](payload);
      ctx.log.info(
        JSON.stringify({ level: "error", msg: XSS_PAYLOADS[0], ...deck.record("log", 9) }),
      );
      ctx.workflow?.update(deck.record("context", 40));
      return Object.fromEntries(XSS_PAYLOADS.map((payload) => [payload, payload]));
    },
    fail() {
      throw new Error(deck.text("error messages", 4_000));
    },
    /** Lasts until it is stopped. */
    last({ progress, signal, log }) {
      log.info(deck.text("log", 900));
      progress(62, deck.text("progress", 200));
      return new Promise((_resolve, reject) => {
        const stop = (): void => reject(new Error(deck.text("error messages", 400)));
        signal.addEventListener("abort", stop, { once: true });
      });
    },
    give: () => ({ items: deck.some("items", 20) }),
  };
}

/** A sign of life that says what the SDK would not. */
async function beat(client: HostClient, executor: NewExecutor, body: unknown): Promise<void> {
  const { appKey, appSecret, deployment } = executor;
  const text = JSON.stringify(body);
  const claims = execClaims({ appKey, appSecret, bodyText: text, nowMs: Date.now() });
  const token = signedToken(EXEC_HEADER, { ...claims, aud: deployment }, appSecret);
  await client.get("POST", "/executor/beat", 200, { token, text });
}
