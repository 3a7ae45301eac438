import type { Json } from "../core/json.ts";
import { Beats } from "./beats.ts";
import type { Handlers } from "./handler.ts";
import { createSurface, type Lifetime } from "./http-surface.ts";
import { systemPlatform, type Platform } from "./platform.ts";
import { RunsHere } from "./runs-here.ts";
import { Scheduler } from "./scheduler.ts";
import { createTokens } from "./tokens.ts";

// These come with `createExecutor`: whoever writes handlers needs both.
export { NonRetryable, RetryAfter } from "./handler.ts";
export type {
  Handler,
  HandlerContext,
  Handlers,
  RunLogger,
  Shard,
  WorkflowHandle,
  WorkflowStep,
} from "./handler.ts";

export const EXECUTOR_DEFAULTS = { acceptAfterMs: 10_000, stopWaitMs: 10_000 } as const;
/** What a job's target may name. */
const HANDLER = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
/** How long what was told to stop may take to do so, and to say so. */
const LAST_WORDS_MS = 5_000;

export interface ExecutorSettings {
  readonly appKey: string;
  /** As the scheduler showed it. While it is exchanged give both: the first signs, both are accepted. */
  readonly appSecret: string | readonly string[];
  /** Where the scheduler is reached, such as `https://tickwheel.example`. */
  readonly server: string;
  /** The scheduler's `deployment`, shown with the executor: who may call here, and whom we call. */
  readonly deployment: string;
  /** Where the scheduler reaches this process. Needed for `start`; without it nodes are listed by hand. */
  readonly address?: string;
  readonly handlers: Handlers;
  readonly weight?: number;
  readonly tags?: readonly string[];
  /** Of the app that runs here: shown with the node. */
  readonly version?: string;
  /** Attempts that this process works on at once; without it there is no bound. */
  readonly concurrency?: number;
  readonly fetch?: typeof fetch;
  /**
   * Handlers that take longer are answered for with 202, and called back. `Infinity` answers for none
   * before its end: for platforms that stop a process once it has answered. Then only what is too long for
   * an answer, a step's context together with its result, is called back, and at once.
   */
  readonly acceptAfterMs?: number;
  /** Hears what goes wrong between here and the scheduler. */
  readonly log?: (message: string) => void;
}

export interface Executor {
  /** Answers the scheduler: mount it where `address` points to, for `/tickwheel/*`. */
  readonly fetch: (request: Request, lifetime?: Lifetime) => Promise<Response>;
  /**
   * Registers this process, and keeps it registered. Resolves when the scheduler has taken it, however
   * long that is away; rejects when it refuses, as it does with a wrong secret.
   */
  start(): Promise<void>;
  /**
   * Takes leave, then waits for what is under way (10 s unless told otherwise), then stops it. Afterwards
   * everything is said.
   */
  stop(options?: { readonly waitMs?: number }): Promise<void>;
}

/** Throws when the settings cannot work. It does nothing yet: no timer runs, nothing is sent. */
export function createExecutor(settings: ExecutorSettings): Executor {
  return createExecutorOn(systemPlatform(settings.fetch), settings);
}

/** The same on a platform of the caller's: for tests. */
export function createExecutorOn(platform: Platform, settings: ExecutorSettings): Executor {
  const { appKey, appSecret, deployment, address, handlers } = settings;
  const say = settings.log ?? (() => undefined);
  const ending = new AbortController();
  const tokens = createTokens({
    appKey,
    appSecrets: typeof appSecret === "string" ? [appSecret] : appSecret,
    deployment,
    address: address ?? null,
  });
  const scheduler = new Scheduler(platform, tokens, settings.server);
  const runs = new RunsHere({
    platform,
    scheduler,
    ending: ending.signal,
    say,
    handlers,
    concurrency: settings.concurrency ?? Number.POSITIVE_INFINITY,
    acceptAfterMs: settings.acceptAfterMs ?? EXECUTOR_DEFAULTS.acceptAfterMs,
  });
  for (const name of Object.keys(handlers))
    if (!HANDLER.test(name)) throw new Error(`handlers: "${name}" is not the name of a handler`);
  const nowMs = (): number => platform.nowMs();
  const handlerNames = Object.keys(handlers);
  const surface = createSurface({ appKey, handlerNames, nowMs, tokens, runs });
  const beat = beatOf(settings, () => runs.inFlight);
  const beats = new Beats({ platform, scheduler, say, beat });

  return {
    fetch: surface,
    start() {
      if (address === undefined)
        return Promise.reject(new Error("address: start needs to know where this process is"));
      return beats.start();
    },
    async stop({ waitMs = EXECUTOR_DEFAULTS.stopWaitMs } = {}) {
      await beats.stop();
      await runs.close(waitMs, LAST_WORDS_MS);
      ending.abort();
    },
  };
}

function beatOf(
  settings: ExecutorSettings,
  inFlight: () => number,
): () => { readonly address: string; readonly [field: string]: Json } {
  const { address = "", weight, tags, version, concurrency, handlers } = settings;
  return () => ({
    address,
    handlers: Object.keys(handlers),
    inFlight: inFlight(),
    ...(weight === undefined ? {} : { weight }),
    ...(tags === undefined ? {} : { tags }),
    ...(version === undefined ? {} : { version }),
    ...(concurrency === undefined ? {} : { concurrency }),
  });
}
