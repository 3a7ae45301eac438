import type { Page } from "playwright-core";

/** The page gave the request up itself, as it may when nobody looks any more. */
const GIVEN_UP = "net::ERR_ABORTED";
const BINDING = "tickwheelPolicyViolated";

/**
 * Collects from now on what must not happen in a page: errors on the console and uncaught ones, violations of
 * its content security policy, requests without an answer, dialogs that the browser itself shows, and a crash.
 */
export async function collectFaults(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error")
      faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.stack ?? error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    if (why !== GIVEN_UP) faults.push(`request: ${request.method()} ${request.url()}: ${why}`);
  });
  page.on("crash", () => faults.push("the page crashed"));
  page.on("dialog", (dialog) => {
    // Unsaved changes are asked about in this way; nothing else is.
    if (dialog.type() !== "beforeunload")
      faults.push(`dialog: ${dialog.type()} ${dialog.message()}`);
    void dialog.accept();
  });
  await page.exposeBinding(BINDING, (_source, text: string) => faults.push(`policy: ${text}`));
  await page.addInitScript(reportViolations, BINDING);
  return faults;
}

/** Runs in the page, before anything of its own. */
function reportViolations(binding: string): void {
  document.addEventListener("securitypolicyviolation", (event) => {
    const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
    const where = `${sourceFile ?? ""}:${lineNumber}`;
    const report: unknown = Reflect.get(globalThis, binding);
    if (typeof report === "function")
      report(`${effectiveDirective} blocked ${blockedURI || "inline"} at ${where}`);
  });
}
