import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";

const START_MS_MAX = 60_000;

export interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

export interface SinkStats {
  readonly received: number;
  readonly unique: number;
  readonly doubled: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly latenessMs: Spread;
}

/** In milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface SinkExample {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The far end, in a process of its own; each of its answers takes `delayMs`. */
export async function startSink(delayMs: number = 0): Promise<
  Started & {
    /** How many different runs arrived: cheap, so it may be asked while they arrive. */
    count(): Promise<number>;
    stats(): Promise<SinkStats>;
    /** How long after an answer the next request came: of use where one follows the other. */
    gapsMs(): Promise<Spread & { readonly count: number }>;
    example(): Promise<SinkExample>;
    reset(): Promise<void>;
  }
> {
  const child = start(["test/bench/sink.main.ts", String(delayMs)], {});
  const port = await firstLine(child, /^(\d+)$/);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    count: async () => Number(await (await fetch(`${url}/count`)).text()),
    // The sink is ours, in `sink.main.ts`.
    stats: async (): Promise<SinkStats> => Object(await (await fetch(`${url}/stats`)).json()),
    gapsMs: async (): Promise<Spread & { readonly count: number }> =>
      Object(await (await fetch(`${url}/gaps`)).json()),
    example: async (): Promise<SinkExample> => Object(await (await fetch(`${url}/example`)).json()),
    reset: async () => void (await fetch(`${url}/reset`)),
    stop: () => end(child),
  };
}

export interface BenchHost extends Started {
  readonly folder: string;
  readonly token: string;
  readonly startMs: number;
  /** Resident memory of the process, in MiB. */
  residentMib(): number;
  /** Sends one request with the token; throws for an answer that is no success. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Tickwheel as a process, on its own folder unless one is given. */
export async function startHost(
  host: "node" | "workers",
  more: { readonly folder?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<BenchHost> {
  const folder = more.folder ?? mkdtempSync(join(tmpdir(), "tickwheel-bench-"));
  const token = randomBytes(32).toString("base64url");
  const script = host === "node" ? "src/standalone/main.ts" : "workers/dev/serve.ts";
  const flags = host === "node" ? flagsOfServe() : [];
  const startedMs = performance.now();
  const child = start([...flags, script, "--port", "0", "--data", folder], {
    BOOTSTRAP_TOKEN: token,
    EGRESS_ALLOW: "loopback",
    LOG_LEVEL: "error",
    RATE_PER_MINUTE: "1000000",
    ...more.env,
  });
  const url = await firstLine(child, /^tickwheel ready (\S+)$/);
  const startMs = performance.now() - startedMs;
  const pool = new Pool(url, { connections: 32 });
  return {
    url,
    folder,
    token,
    startMs,
    residentMib: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    async call(method, path, body) {
      const { statusCode, body: answer } = await pool.request({
        method,
        path,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
      return text.startsWith("{") ? JSON.parse(text) : text;
    },
    async stop() {
      await pool.close();
      await end(child);
      if (more.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The flags with which `npm run serve` has Node start the host. */
function flagsOfServe(): readonly string[] {
  const text = readFileSync("package.json", "utf8");
  const flags = /"serve": "[^"]* && node ([^"]+) src\/standalone\/main\.ts"/.exec(text)?.[1];
  if (flags === undefined) throw new Error("package.json does not say how the host is started");
  return flags.split(" ");
}

/** Runs `work` for 0 … count-1, at most `atOnce` at a time. */
export async function eachOf(
  count: number,
  atOnce: number,
  work: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, lane));
}

/** Asks again until the answer pleases, at most `withinMs`; throws what it last was. */
export async function until<T>(
  ask: () => Promise<T>,
  pleases: (value: T) => boolean,
  withinMs: number,
): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (pleases(value)) return value;
    if (performance.now() > endMs) throw new Error(`in vain: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, args, {
    // What a host says on standard error would drown the figures; how it ended is told.
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
    detached: true,
  });
  // A benchmark that breaks off leaves nothing running.
  const endWithUs = (): void => void process.kill(-(child.pid ?? 0), "SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  return child;
}

function firstLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it did not start in time")), START_MS_MAX);
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split("\n")) {
        const found = pattern.exec(line)?.[1];
        if (found === undefined) continue;
        clearTimeout(timer);
        resolve(found);
      }
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${text}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 15_000);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
    return undefined;
  });
}
