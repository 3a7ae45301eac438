import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { within } from "./eventually.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const EXAMPLES = `${ROOT}test/support/examples`;
const bin = (name: string): string => `${ROOT}node_modules/.bin/${name}`;
const EXIT_WAIT_MS = 20_000;

/** How each example is started, as its first lines say. */
export const EXAMPLE_COMMANDS = {
  node: [bin("node"), `${EXAMPLES}/node.ts`],
  bun: [bin("bun"), `${EXAMPLES}/bun.ts`],
  etl: [bin("node"), `${EXAMPLES}/etl-node.ts`],
  deno: [bin("deno"), "run", "-NE", "--no-check", `${EXAMPLES}/deno.ts`],
  python: ["python3", `${EXAMPLES}/python_executor.py`],
  worker: [bin("node"), `${ROOT}test/support/serve-worker.main.ts`, `${EXAMPLES}/worker.ts`],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ExampleName = keyof typeof EXAMPLE_COMMANDS;

/** What `POST /executors` answered, and where the scheduler is. */
export interface Account {
  readonly APP_KEY: string;
  readonly APP_SECRET: string;
  readonly DEPLOYMENT: string;
  readonly SERVER: string;
}

/** An example that runs as a process of its own, leader of its group. */
export class ExampleProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #said = "";

  constructor(name: ExampleName, port: number, account: Account) {
    const [program, ...args] = EXAMPLE_COMMANDS[name];
    const { PATH = "", HOME = "", TMPDIR = "/tmp" } = process.env;
    this.#child = spawn(program, args, {
      cwd: ROOT,
      detached: true,
      env: { PATH, HOME, TMPDIR, ...account, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (text) => (this.#said += String(text)));
    this.#child.stderr?.on("data", (text) => (this.#said += String(text)));
    this.#exited = once(this.#child, "close").then(([code]) => code);
  }

  /** All that it printed. */
  get said(): string {
    return this.#said;
  }

  /** Asks it to stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return within("the end of the example", this.#exited, EXIT_WAIT_MS);
  }

  /** Ends it and all that it started. */
  async kill9(): Promise<void> {
    try {
      process.kill(-(this.#child.pid ?? 0), "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
    await this.#exited;
  }
}
