import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "./host-client.ts";
import { HostProcess, type HostName } from "./host-process.ts";
import type { Kill } from "./kill-check.ts";
import { Dice } from "./prng.ts";

/** The process that is killed and started again, always on the same folder and, if it has one, the same port. */
export class KillStage {
  readonly kills: Kill[] = [];
  /** From each kill until the host answered again. */
  readonly downs: Kill[] = [];
  restartMsMax = 0;
  readonly #host: HostName;
  readonly #flags: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #dice: Dice;
  #process: HostProcess | null = null;
  #client: HostClient | null = null;

  constructor(
    at: { readonly host: HostName; readonly folder: string; readonly port: number },
    seed: number,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#host = at.host;
    this.#flags = ["--port", String(at.port), "--data", at.folder];
    this.#env = env;
    this.#dice = new Dice(seed, "kills");
  }

  get client(): HostClient {
    if (this.#client === null) throw new Error("the host was started");
    return this.#client;
  }

  async start(): Promise<void> {
    const host = this.#spawn();
    this.#client = await host.ready();
    this.restartMsMax = Math.max(this.restartMsMax, Date.now() - host.startedMs);
  }

  /** Kills it at some instant, now and then again while it starts, and starts it after some time. */
  async crash(): Promise<void> {
    await sleep(this.#dice.int(500, 2_500));
    const fromMs = Date.now();
    await this.#kill();
    await sleep(this.#dice.chance(0.3) ? 0 : this.#dice.int(0, 2_500));
    if (this.#dice.chance(0.25)) {
      this.#spawn();
      await sleep(this.#dice.int(100, 1_000));
      await this.#kill();
    }
    await this.start();
    this.downs.push({ fromMs, toMs: Date.now() });
  }

  async end(): Promise<void> {
    await this.#process?.kill9();
  }

  #spawn(): HostProcess {
    this.#process = new HostProcess(this.#host, this.#flags, this.#env);
    return this.#process;
  }

  async #kill(): Promise<void> {
    const fromMs = Date.now();
    await this.#process?.kill9();
    this.kills.push({ fromMs, toMs: Date.now() });
  }
}
