import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { within } from "../eventually.ts";
import { freePort, MORTAL_HOST } from "../listen.ts";
import { Link } from "./link.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const MAIN = new URL("node.main.ts", import.meta.url).pathname;
const READY_WAIT_MS = 20_000;
const EXIT_WAIT_MS = 20_000;

/** Whose node it is, and where the scheduler is. */
export interface DramaExecutor {
  readonly serverUrl: string;
  readonly appKey: string;
  readonly deployment: string;
  /** Where the nodes write down their work. */
  readonly folder: string;
}

/** One executor process, with the links before and behind it when its network is to be broken. */
export class DramaNode {
  readonly name: string;
  readonly address: string;
  readonly evidence: string;
  readonly #links: readonly Link[];
  readonly #child: ChildProcess;
  #stderr = "";

  private constructor(
    of: { readonly name: string; readonly address: string; readonly evidence: string },
    links: readonly Link[],
    child: ChildProcess,
  ) {
    this.name = of.name;
    this.address = of.address;
    this.evidence = of.evidence;
    this.#links = links;
    this.#child = child;
    child.stderr?.on("data", (text) => (this.#stderr += String(text)));
  }

  /** Starts it and waits until it has registered. */
  static async start(
    name: string,
    executor: DramaExecutor,
    more: { readonly appSecret: string; readonly isBreakable?: boolean },
  ): Promise<DramaNode> {
    const port = await freePort(MORTAL_HOST);
    const before = more.isBreakable === true ? await Link.open({ host: MORTAL_HOST, port }) : null;
    const serverPort = Number(new URL(executor.serverUrl).port);
    const behind =
      more.isBreakable === true ? await Link.open({ host: "127.0.0.1", port: serverPort }) : null;
    const address = before?.url ?? `http://${MORTAL_HOST}:${port}`;
    const evidence = join(executor.folder, `${name}.jsonl`);
    writeFileSync(evidence, "", { flag: "a" });
    const { appKey, deployment } = executor;
    const server = behind?.url ?? executor.serverUrl;
    const { appSecret } = more;
    const orders = { name, server, appKey, appSecret, deployment, port, address, evidence };
    const child = spawn(`${ROOT}node_modules/.bin/node`, [MAIN, JSON.stringify(orders)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const links = [before, behind].filter((link) => link !== null);
    const node = new DramaNode({ name, address, evidence }, links, child);
    await within(`node ${name} is ready`, node.#ready(), READY_WAIT_MS);
    return node;
  }

  break(): void {
    for (const link of this.#links) link.break();
  }

  mend(): void {
    for (const link of this.#links) link.mend();
  }

  async kill9(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Leaves in good order: finishes what it has first. Returns its exit code. */
  async leave(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.kill(signal);
      await within(`the end of node ${this.name}`, exited, EXIT_WAIT_MS);
    }
    for (const link of this.#links) link.close();
    return this.#child.exitCode;
  }

  async #ready(): Promise<void> {
    const ended = once(this.#child, "exit").then(() => {
      throw new Error(`node ${this.name} ended: ${this.#stderr}`);
    });
    const said = this.#child.stdout === null ? ended : once(this.#child.stdout, "data");
    await Promise.race([said, ended]);
  }
}
