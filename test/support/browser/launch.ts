import { type Browser, chromium as playwright } from "playwright-core";
import type { Chromium } from "./chromium.ts";

const START_MS_MAX = 60_000;

/** What keeps it away from everything but this machine, and from asking for what a test machine lacks. */
const ARGS = [
  // Containers give no user namespaces.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-pings",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--metrics-recording-only",
  // Every name and address but those of this machine does not exist.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.*, EXCLUDE [::1]",
] as const;

/** Starts a browser without a window. Whoever starts it closes it; it dies with this process. */
export function launch({ path, env }: Chromium): Promise<Browser> {
  return playwright.launch({
    executablePath: path,
    headless: true,
    args: [...ARGS],
    env: { ...process.env, ...env },
    timeout: START_MS_MAX,
  });
}
