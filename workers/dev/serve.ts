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

/** Marks the process that is the host. */
const HOST_FLAG = "--as-host";
const args = process.argv.slice(2);

if (args[0] === HOST_FLAG) {
  const { serve } = await import("./serve-host.ts");
  await serve(args.slice(1));
} else {
  launch();
}

function launch(): void {
  const command = [fileURLToPath(import.meta.url), HOST_FLAG, ...args];
  const host = spawn(process.execPath, command, {
    detached: true,
    stdio: ["pipe", "inherit", "inherit"],
  });
  host.on("error", (error) => {
    process.stderr.write(`tickwheel: ${error.message}\n`);
    process.exit(1);
  });
  host.on("exit", (code) => {
    endGroup(host.pid);
    process.exit(code ?? 1);
  });
  // A signal would also reach the exit hooks of wrangler there, which end the process at once.
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => host.stdin.write("stop\n"));
}

/** When the host did not end by itself, what it had started still runs. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left, as it should be.
  }
}
