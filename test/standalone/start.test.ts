import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { aWebhookJob } from "../contract/host-case.ts";
import { type Environment, HostProcess, startHost } from "../support/host-process.ts";
import { listenOnLoopback } from "../support/listen.ts";
import { MASTER_KEY, OTHER_MASTER_KEY } from "../support/master-keys.ts";
import { runOf, Sink } from "../support/sink.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

/** Far more than the two seconds that are wanted: machines that run tests are busy. */
const START_MS_MAX = 20_000;

describe("a start that cannot be", () => {
  it("is refused with another number of shards than the folder was made with", async () => {
    const folder = await usedFolder({ SHARDS: "2" });

    expect(await refusal(folder, { SHARDS: "3" })).toMatch(
      /made with SHARDS=2, not 3\. Start it with SHARDS=2/,
    );
  });

  it("is refused with another master key", async () => {
    const folder = await usedFolder({ MASTER_KEY });

    expect(await refusal(folder, { MASTER_KEY: OTHER_MASTER_KEY })).toMatch(
      /MASTER_KEY is not the key that this deployment was made with\. Set the one/,
    );
  });

  it.each([
    { name: "a short bootstrap token", env: { BOOTSTRAP_TOKEN: "x".repeat(31) }, says: /32/ },
    {
      name: "a master key of no use",
      env: { MASTER_KEY: "c2hvcnQ=" },
      says: /^tickwheel: MASTER_KEY/,
    },
    {
      name: "a network that is none",
      env: { EGRESS_ALLOW: "home" },
      says: /"home" is not a network/,
    },
    { name: "no address of records", env: { LIBSQL_URL: "redis://x" }, says: /LIBSQL_URL/ },
    {
      name: "records that cannot be reached at the first start",
      env: { LIBSQL_URL: "http://127.0.0.1:9" },
      says: /records cannot be reached.*Check LIBSQL_URL/,
    },
  ])("is refused with $name", async ({ env, says }) => {
    expect(await refusal(scratchFolder(), env)).toMatch(says);
  });

  it("is refused on an occupied port", async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const port = await listenOnLoopback(server);

    expect(await refusal(scratchFolder(), {}, ["--port", String(port)])).toMatch(
      new RegExp(`Port ${port} on 127.0.0.1 is in use by another process\\. .*--port`),
    );
  });

  it("is refused on a folder that cannot be written", async () => {
    // Root may write into read-only folders, but not even root into one below a file.
    const file = join(scratchFolder(), "file");
    writeFileSync(file, "");

    expect(await refusal(join(file, "data"))).toMatch(/cannot be written \(ENOTDIR\).*--data/);
  });

  it("is refused on a folder whose files are no databases", async () => {
    const records = scratchFolder();
    writeFileSync(join(records, "records.db"), "This is no database.".repeat(500));
    const shard = scratchFolder();
    writeFileSync(join(shard, "shard-0.sqlite"), "This is no database.".repeat(500));

    expect(await refusal(records)).toMatch(/records\.db cannot be opened.*backup/);
    expect(await refusal(shard)).toMatch(/shard-0\.sqlite cannot be opened/);
  });

  it("is refused while another process has the folder, which goes on", async () => {
    const folder = scratchFolder();
    const { host, client } = await startHost("node", folder);
    onTestFinished(() => host.kill9());

    expect(await refusal(folder)).toMatch(/another process is using .*choose another folder/);
    expect(await client.ask("GET", "/readyz")).toMatchObject({ status: 200 });
  });

  it("is refused with an unknown flag", async () => {
    expect(await refusal(scratchFolder(), {}, ["--frob"])).toMatch(/--frob.*Known flags: --port/);
  });
});

describe("a stop", () => {
  it("lets what is in flight finish, and is not repeated by the next start", async () => {
    const folder = scratchFolder();
    const sink = await Sink.open();
    onTestFinished(() => sink.close());
    const release = Promise.withResolvers<void>();
    const url = sink.on("/slow", async () => {
      await release.promise;
      return { status: 200, json: { result: "finished" } };
    });
    const first = await startHost("node", folder);
    onTestFinished(() => first.host.kill9());
    await first.client.get("POST", "/jobs", 201, { body: aWebhookJob("slow", url) });
    const { id } = await first.client.get("POST", "/jobs/slow/runs", 202);
    await sink.arrivals("/slow", 1);

    const stopped = first.host.stop();
    release.resolve();
    const exit = await stopped;

    expect(exit).toEqual({ code: 0, signal: null });
    const second = await startHost("node", folder);
    onTestFinished(() => second.host.kill9());
    const run = await second.client.get("GET", `/runs/${id}`, 200);
    expect(run).toMatchObject({ state: "succeeded", result: "finished" });
    expect(sink.at("/slow").map(runOf)).toEqual([id]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "follows %s at once when nothing is out",
    async (name) => {
      const { host } = await startHost("node", scratchFolder());
      onTestFinished(() => host.kill9());

      expect(await host.stop(name)).toEqual({ code: 0, signal: null });
    },
  );
});

it("a start takes as long as is printed here, with a new folder and with a used one", async () => {
  const folder = scratchFolder();
  const tookMs: number[] = [];
  for (let i = 0; i < 3; i++) {
    // One after the other, since they share the folder.
    // oxlint-disable-next-line no-await-in-loop
    const { host } = await startHost("node", folder);
    tookMs.push(Date.now() - host.startedMs);
    // oxlint-disable-next-line no-await-in-loop
    await host.stop();
  }

  process.stdout.write(`start to ready: ${tookMs.join(", ")} ms\n`);
  expect(Math.min(...tookMs)).toBeLessThan(START_MS_MAX);
});

/** A folder that a deployment was made in. */
async function usedFolder(env: Environment): Promise<string> {
  const folder = scratchFolder();
  const { host } = await startHost("node", folder, env);
  await host.stop();
  return folder;
}

/** What a start says that must fail: one line on standard error, and the exit code for wrong settings. */
async function refusal(
  folder: string,
  env: Environment = {},
  flags: readonly string[] = ["--port", "0"],
): Promise<string> {
  const host = new HostProcess("node", [...flags, "--data", folder], {
    ...env,
    LOG_LEVEL: "error",
  });
  onTestFinished(() => host.kill9());
  const { code } = await host.exit();
  expect(host.stdout).toBe("");
  expect(host.stderr).toMatch(/^tickwheel: [^\n]+\n$/);
  expect(code, host.stderr).toBe(2);
  return host.stderr;
}
