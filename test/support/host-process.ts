import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { within } from "./eventually.ts";
import { HostClient } from "./host-client.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const bin = (name: string): string => `${ROOT}node_modules/.bin/${name}`;
const MAIN = `${ROOT}src/standalone/main.ts`;
const READY_WAIT_MS = 30_000;
const EXIT_WAIT_MS = 20_000;

/** How each host is started: its program and the arguments before its own flags. */
export const HOST_COMMANDS = {
  // As `npm run serve` starts it.
  node: [bin("node"), "--import", `${ROOT}src/standalone/compile-cache.ts`, MAIN],
  bun: [bin("bun"), MAIN],
  deno: [bin("deno"), "run", "-A", "--no-check", "--node-modules-dir=manual", MAIN],
  workers: [bin("node"), `${ROOT}workers/dev/serve.ts`],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type HostName = keyof typeof HOST_COMMANDS;
/** Null leaves a variable unset that would have a value otherwise. */
export type Environment = Readonly<Record<string, string | null>>;

export const HOST_TOKEN = "bootstrap-of-the-tests-".padEnd(40, "x");

/** What every host under test is told unless the test says otherwise. */
const ENVIRONMENT: Environment = {
  BOOTSTRAP_TOKEN: HOST_TOKEN,
  EGRESS_ALLOW: "loopback",
  LOG_LEVEL: "warn",
};

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A host as a process of its own, with all that it starts in one process group. */
export class HostProcess {
  readonly startedMs = Date.now();
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #exited: Promise<Exit>;
  #stdout = "";
  #stderr = "";

  /** Starts it; `ready` tells when it answers. Nothing of this process's settings is inherited. */
  constructor(name: HostName, flags: readonly string[], env: Environment = {}) {
    const [program, ...args] = HOST_COMMANDS[name];
    const { PATH = "", HOME = "", TMPDIR = "/tmp" } = process.env;
    this.#child = spawn(program, [...args, ...flags], {
      cwd: ROOT,
      detached: true,
      env: { PATH, HOME, TMPDIR, ...present({ ...ENVIRONMENT, ...env }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#pid = this.#child.pid ?? 0;
    if (this.#pid === 0) throw new Error(`${program} cannot be started`);
    this.#child.stdout?.on("data", (text) => (this.#stdout += String(text)));
    this.#child.stderr?.on("data", (text) => (this.#stderr += String(text)));
    this.#exited = once(this.#child, "close").then(([code, signal]) => ({ code, signal }));
    const endWithUs = (): void => this.#signal("SIGKILL");
    process.once("exit", endWithUs);
    void this.#exited.then(() => process.off("exit", endWithUs));
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Where it answers, from its ready line. Throws with what it said when it ends instead. */
  async ready(): Promise<HostClient> {
    const stopped = this.#exited.then(({ code }) => {
      throw new Error(`the host ended with ${code}: ${this.#stderr}`);
    });
    const line = async (): Promise<string> => {
      for (;;) {
        const url = /^tickwheel ready (http:\/\/\S+)\n/m.exec(this.#stdout)?.[1];
        if (url !== undefined) return url;
        // oxlint-disable-next-line no-await-in-loop -- It is the waiting that is wanted.
        if (this.#child.stdout !== null) await once(this.#child.stdout, "data");
      }
    };
    try {
      const url = await within("ready line", Promise.race([line(), stopped]), READY_WAIT_MS);
      return new HostClient(url, HOST_TOKEN);
    } catch (error) {
      await this.kill9();
      throw new Error(`the host is not ready: ${this.#stderr}`, { cause: error });
    }
  }

  /** How it ended. */
  exit(withinMs: number = EXIT_WAIT_MS): Promise<Exit> {
    return within("the end of the host", this.#exited, withinMs);
  }

  /** Ends it and all that it started, at once and without warning. */
  async kill9(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#exited;
  }

  /** Asks it to stop, and waits until it has. */
  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<Exit> {
    this.#child.kill(signal);
    try {
      return await this.exit();
    } finally {
      this.#signal("SIGKILL");
    }
  }

  /** To the whole group: a host may have processes of its own. */
  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#pid, signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** Starts a host on a folder and waits until it answers. */
export async function startHost(
  name: HostName,
  dataFolder: string,
  env: Environment = {},
): Promise<{ readonly host: HostProcess; readonly client: HostClient }> {
  const host = new HostProcess(name, ["--port", "0", "--data", dataFolder], env);
  return { host, client: await host.ready() };
}

function present(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
