/**
 * `npm run serve:workers -- --port 0 --data DIR`: the Worker in a local workerd with Durable Objects on
 * disk, and its records in a libSQL file, for development and tests. Flags and variables are those of the
 * standalone host. It prints `tickwheel ready http://HOST:PORT` and stops on SIGTERM or SIGINT.
 *
 * workerd is a grandchild of this process and would outlive it. So the host runs as the leader of a
 * process group of its own, holding a pipe from here: when this process dies, however it dies, the pipe
 * ends and the host kills its whole group within milliseconds. Tests may therefore kill this process by
 * its id, with any signal; nobody has to know the others.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const host = spawn(
  process.execPath,
  [fileURLToPath(new URL("serve-host.ts", import.meta.url)), ...process.argv.slice(2)],
  { detached: true, stdio: ["pipe", "inherit", "inherit"] },
);
host.on("error", (error) => {
  process.stderr.write(`tickwheel: ${error.message}\n`);
  process.exit(1);
});
host.on("exit", (code) => {
  endGroup();
  process.exit(code ?? 1);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => host.kill(signal));

/** When the host did not end by itself, what it had started still runs. */
function endGroup(): void {
  try {
    if (host.pid !== undefined) process.kill(-host.pid, "SIGKILL");
  } catch {
    // Nobody of the group is left, as it should be.
  }
}
