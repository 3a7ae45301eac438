/**
 * Goal: an app that installs the SDK can use it, without this repository and without its tools.
 * Method: the package is built and packed as `npm run pack:sdk` does, into a folder of the test, unpacked
 * where an installed package lies, and used by a program beside it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createExecutor } from "tickwheel/executor";
import { createExecutor as ours } from "../../src/sdk/executor.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const run = promisify(execFile);
const BUILD_MS = 60_000;
const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

const PROGRAM = `
import { createExecutor, NonRetryable, RetryAfter } from "tickwheel/executor";
import { serve } from "tickwheel/executor/node";
const executor = createExecutor({
  appKey: "a", appSecret: "x".repeat(40), deployment: "d", server: "http://127.0.0.1:9", handlers: {},
});
const server = await serve(executor, { port: 0, host: "127.0.0.1" });
const answer = await fetch("http://127.0.0.1:" + server.port + "/tickwheel/health");
console.log(JSON.stringify([await answer.json(), new NonRetryable("x").name, new RetryAfter(1).ms]));
await server.close();
`;

test("inside the repository the package is its own source", () => {
  expect(createExecutor).toBe(ours);
});

test("the package has the version and the jose of the whole", () => {
  const whole = read("package.json");
  const sdk = read("src/sdk/npm-package.json");

  expect(sdk.version).toBe(whole.version);
  expect(sdk.dependencies).toEqual({ jose: whole.dependencies.jose });
  expect(Object.keys(sdk.exports)).toEqual(Object.keys(whole.exports));
});

test(
  "the packed package works where nothing else is installed",
  async () => {
    const folder = scratchFolder();
    const dist = join(folder, "dist");
    await run("node_modules/.bin/tsc", ["-p", "src/sdk/tsconfig.build.json", "--outDir", dist]);
    cpSync("src/sdk/npm-package.json", join(dist, "package.json"));
    cpSync("src/sdk/PROTOCOL.md", join(dist, "PROTOCOL.md"));
    const { stdout } = await run("npm", [
      "pack",
      dist,
      "--json",
      "--offline",
      "--pack-destination",
      folder,
    ]);
    const [{ filename, files }] = JSON.parse(stdout);
    const home = join(folder, "app", "node_modules", "tickwheel");
    mkdirSync(home, { recursive: true });
    await run("tar", ["-xzf", join(folder, filename), "-C", home, "--strip-components=1"]);
    symlinkSync(join(process.cwd(), "node_modules/jose"), join(folder, "app/node_modules/jose"));
    writeFileSync(join(folder, "app", "main.mjs"), PROGRAM);

    const said = await run("node_modules/.bin/node", [join(folder, "app", "main.mjs")]);

    expect(JSON.parse(said.stdout)).toEqual([{ ok: true }, "NonRetryable", 1]);
    const paths: string[] = files.map(({ path }: { path: string }) => path);
    expect(paths).toContain("sdk/executor.d.ts");
    expect(paths.filter((path) => !/^(sdk|core)\/.*\.(js|d\.ts)$/.test(path)).toSorted()).toEqual([
      "PROTOCOL.md",
      "package.json",
    ]);
  },
  BUILD_MS,
);
