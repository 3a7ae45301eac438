import type { Json } from "../core/json.ts";
import { Stopped } from "./outcome.ts";
import type { Platform } from "./platform.ts";
import { backoffMs, isTaken, type Said, type Scheduler } from "./scheduler.ts";

export const LEASE_LIMITS = {
  /** Progress is told at most so often, however often it changes. */
  progressMsMin: 3_000,
  messageCharsMax: 1_024,
} as const;

export interface LeaseDeps {
  readonly platform: Platform;
  readonly scheduler: Scheduler;
  /** Called once when the attempt has to stop: it was canceled, or its lease is lost. */
  readonly onStop: (why: Stopped) => void;
}

export interface LeaseTerms {
  readonly run: string;
  readonly attempt: number;
  /** How long the attempt may take before it has to be extended. */
  readonly leaseMs: number;
}

/**
 * The time that an attempt has. Once it was accepted, the lease is extended at every third of it, so that
 * two calls in a row may fail. Its end stops the handler: the scheduler has given it up by then.
 */
export class Lease {
  readonly #deps: LeaseDeps;
  readonly #terms: LeaseTerms;
  #progress: { readonly percent: number; readonly message: string | null } | null = null;
  #isProgressNew = false;
  #callOffEnd: () => void;
  #callOffNext: (() => void) | null = null;
  #extendedMs: number;
  #isExtending = false;
  #isOver = false;
  #failures = 0;

  constructor(deps: LeaseDeps, terms: LeaseTerms) {
    this.#deps = deps;
    this.#terms = terms;
    this.#extendedMs = deps.platform.nowMs();
    this.#callOffEnd = this.#armEnd();
  }

  /** The attempt was accepted: from now on it is kept alive. */
  keep(): void {
    this.#isExtending = true;
    this.#arm();
  }

  tell(percent: number, message: string | undefined): void {
    this.#progress = {
      percent: Math.min(Math.max(Number.isFinite(percent) ? percent : 0, 0), 100),
      message: message?.slice(0, LEASE_LIMITS.messageCharsMax) ?? null,
    };
    this.#isProgressNew = true;
    this.#arm();
  }

  /** The handler has ended. */
  end(): void {
    this.#isOver = true;
    this.#callOffEnd();
    this.#callOffNext?.();
  }

  #arm(): void {
    if (!this.#isExtending || this.#isOver) return;
    const { platform } = this.#deps;
    const thirdMs = this.#terms.leaseMs / 3;
    const paceMs = this.#isProgressNew ? Math.min(LEASE_LIMITS.progressMsMin, thirdMs) : thirdMs;
    const waitMs =
      this.#failures > 0
        ? Math.min(backoffMs(platform, this.#failures), thirdMs)
        : this.#extendedMs + paceMs - platform.nowMs();
    this.#callOffNext?.();
    this.#callOffNext = platform.after(waitMs, () => void this.#extend());
  }

  async #extend(): Promise<void> {
    // While it is under way nothing else is armed.
    this.#isExtending = false;
    const { run, attempt } = this.#terms;
    const progress: Json = this.#progress;
    this.#isProgressNew = false;
    const body = { run, attempt, ...(progress === null ? {} : { progress }) };
    const said = await this.#deps.scheduler.call("extend", body);
    if (this.#isOver) return;
    this.#heard(said);
    this.#isExtending = true;
    this.#arm();
  }

  #heard(said: Said): void {
    const { platform } = this.#deps;
    if (isTaken(said)) {
      this.#failures = 0;
      this.#extendedMs = platform.nowMs();
      this.#callOffEnd();
      this.#callOffEnd = this.#armEnd();
      if (said.body["canceled"] === true)
        this.#stop(new Stopped("canceled", "the run was canceled"));
      return;
    }
    this.#failures++;
    // The attempt is over, or this run was never ours.
    if (said.status === 404 || said.status === 409 || said.status === 410)
      this.#stop(new Stopped("lease_lost", `the lease was lost: ${said.why}`));
  }

  #armEnd(): () => void {
    const why = new Stopped("lease_lost", "the time of this attempt is over");
    return this.#deps.platform.after(this.#terms.leaseMs, () => this.#stop(why));
  }

  /** A canceled run keeps its lease until its handler has ended: it may have something to tidy up. */
  #stop(why: Stopped): void {
    if (why.code !== "canceled") this.end();
    this.#deps.onStop(why);
  }
}
