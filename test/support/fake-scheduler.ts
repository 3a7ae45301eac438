import { EventEmitter, once } from "node:events";
import { jwtVerify } from "jose";
import { createCallbackTokens } from "../../src/dialects/callback-token.ts";
import { nativeDialect } from "../../src/dialects/native.ts";
import { SecretKeys } from "../../src/dialects/secret-keys.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import type { EgressRequest } from "../../src/ports/egress.ts";
import { createExecutorOn, type Executor, type ExecutorSettings } from "../../src/sdk/executor.ts";
import type { Platform } from "../../src/sdk/platform.ts";
import { APP_SECRET, anExecutorDelivery, cipher, DEPLOYMENT_ID } from "./deliveries.ts";

export const ADDRESS = "https://node-1.example/base";
const SERVER = "https://tickwheel.example";

/** What an executor told the scheduler. */
export interface Told {
  /** `beat`, `leave`, `extend`, `logs` or `callback`. */
  readonly name: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into bodies of every shape.
  readonly body: any;
  readonly atMs: number;
}

type Replying = (told: Told) => Response | Promise<Response>;

/** The id of one of several runs. */
export function runIdOf(nth: number): string {
  return `run_019aa3c1d2007abc8def${String(nth).padStart(12, "0")}03`;
}

/** So much faster than the wall clock everything goes here. */
const SPEED = 20;

/**
 * The scheduler as an executor sees it: it delivers with the real dialect, and hears what comes back. Time
 * goes fast, for both alike.
 */
export class FakeScheduler {
  readonly told: Told[] = [];
  /** Answers by name; without one a call is taken. */
  readonly replies = new Map<string, Replying>();
  readonly platform: Platform;
  readonly #heard = new EventEmitter();
  readonly #tokensUsed = new Set<string>();
  readonly #keys = new SecretKeys(cipher);
  readonly #tokens = createCallbackTokens(cipher, DEPLOYMENT_ID);

  constructor(speed: number = SPEED) {
    const startMs = Date.now();
    this.platform = {
      nowMs: () => startMs + (performance.now() - this.#startedMs) * speed,
      random: () => Math.random(),
      uniqueId: () => crypto.randomUUID(),
      after(ms, work) {
        const timer = setTimeout(work, Math.min(Math.max(ms, 0) / speed, 2 ** 31 - 1));
        return () => clearTimeout(timer);
      },
      fetch: (url, init) => this.#hear(url, init),
    };
  }

  readonly #startedMs = performance.now();

  get nowMs(): number {
    return Math.floor(this.platform.nowMs());
  }

  executor(settings: Partial<ExecutorSettings> = {}): Executor {
    return createExecutorOn(this.platform, {
      appKey: "billing",
      appSecret: APP_SECRET,
      server: `${SERVER}/`,
      deployment: DEPLOYMENT_ID,
      address: ADDRESS,
      handlers: {},
      ...settings,
    });
  }

  /** A delivery as it would leave, with a token of this moment. */
  delivery(change: Partial<Delivered> = {}): EgressRequest {
    const { secret = APP_SECRET, address = ADDRESS, handler = "report", ...more } = change;
    const delivery = anExecutorDelivery({ sentMs: this.nowMs, attempt: 1, ...more });
    const sealedSecret = cipher.seal(secret, secretContext("default", "billing"));
    const route = {
      ...delivery.route,
      node: { address, sealedSecret },
      target: { ...delivery.route.target, handler },
    };
    return nativeDialect.encode({ ...delivery, route }, this.context());
  }

  cancelNotice(of: { readonly runId: string; readonly attempt?: number }): EgressRequest {
    const notice = { ...anExecutorDelivery().route, namespace: "default", reason: "wrong day" };
    const node = { ...notice.node, address: ADDRESS };
    return nativeDialect.encodeCancel({ ...notice, node, attempt: 1, ...of }, this.context());
  }

  probe(): EgressRequest {
    const { sealedSecret } = anExecutorDelivery().route.node;
    const target = { namespace: "default", appKey: "billing", address: ADDRESS, sealedSecret };
    return nativeDialect.encodeProbe(target, this.context());
  }

  /** The next thing of this name that an executor tells, or one that it told before and nobody took. */
  async next(name: string): Promise<Told> {
    for (;;) {
      const index = this.told.findIndex((told) => told.name === name);
      const [told] = index < 0 ? [] : this.told.splice(index, 1);
      if (told !== undefined) return told;
      await once(this.#heard, name);
    }
  }

  context() {
    return {
      deploymentId: DEPLOYMENT_ID,
      callbackUrl: `${SERVER}/api/v1/executor/callback`,
      nowMs: this.nowMs,
      callbackToken: (of: {
        readonly runId: string;
        readonly attempt: number;
        readonly sentMs: number;
        readonly timeoutMs: number;
      }) =>
        this.#tokens.issue({
          run: of.runId,
          attempt: of.attempt,
          deadlineMs: of.sentMs + of.timeoutMs,
        }),
      webhookKey: (namespace: string, generation: number) =>
        this.#keys.webhook(namespace, generation),
      executorKey: (namespace: string, appKey: string, sealed: string) =>
        this.#keys.executor(namespace, appKey, sealed),
    };
  }

  async #hear(url: string, init: RequestInit): Promise<Response> {
    const name = url.replace(`${SERVER}/api/v1/executor/`, "");
    const text = typeof init.body === "string" ? init.body : "";
    const bearer = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
    const isOurs =
      name === "callback"
        ? (await this.#tokens.verify(bearer, this.nowMs)) !== null
        : await this.#isSigned(bearer, text);
    if (!isOurs) return Response.json({ detail: "bad token" }, { status: 401 });
    const told = { name, body: JSON.parse(text), atMs: this.nowMs };
    const reply = await this.replies.get(name)?.(told);
    this.told.push(told);
    this.#heard.emit(name);
    return reply ?? Response.json({ beatEvery: "10s", canceled: false });
  }

  async #isSigned(bearer: string, text: string): Promise<boolean> {
    const { payload } = await jwtVerify(bearer, new TextEncoder().encode(APP_SECRET), {
      algorithms: ["HS256"],
      typ: "exec+jwt",
      issuer: "billing",
      subject: "billing",
      audience: DEPLOYMENT_ID,
      requiredClaims: ["iat", "nbf", "exp", "jti", "body"],
      currentDate: new Date(this.nowMs),
    });
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const jti = payload.jti ?? "";
    const isNew = !this.#tokensUsed.has(jti);
    this.#tokensUsed.add(jti);
    return isNew && payload["body"] === Buffer.from(digest).toString("base64url");
  }
}

type Delivered = Parameters<typeof anExecutorDelivery>[0] & {
  readonly secret: string;
  readonly address: string;
  readonly handler: string;
};

/** Carries a request to an executor as the network would. */
export function carry(executor: Executor, request: EgressRequest): Promise<Response> {
  return executor.fetch(requestOf(request));
}

export function requestOf({ url, method, headers, body }: EgressRequest): Request {
  return new Request(url, { method, headers: { ...headers }, body });
}

/** A promise with its ends outside. */
export function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}
