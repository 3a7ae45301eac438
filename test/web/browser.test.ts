import { createServer, type Server } from "node:http";
import { beforeAll, expect, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { listenOnLoopback } from "../support/listen.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";

/** The bodies of small pages, and scripts, by path. */
const BODIES: Readonly<Record<string, string>> = {
  "/clean": "<h1>Ticks 定时任务</h1><p>All is well.</p>",
  "/inline-script": "<h1>Ticks</h1><script>document.title = 'run'</script>",
  "/unlabelled": "<h1>Ticks</h1><input id='bare' type='text'>",
  "/broken": "<h1>Ticks</h1><script src='/broken.js'></script>",
  "/far": "<h1>Ticks</h1><script src='/far.js'></script>",
  "/choices": "<h1>Ticks</h1><script src='/choices.js'></script>",
};
const SCRIPTS: Readonly<Record<string, string>> = {
  "/broken.js": "console.error('out of ticks'); alert('hello'); throw new Error('no such tick');",
  "/far.js":
    "fetch('/echo').then((r) => r.text()).then((text) => { document.title = text; })" +
    ".then(() => fetch('https://example.com/beacon')).catch(() => {});",
  "/choices.js":
    "document.title = [localStorage.getItem('tw.theme'), localStorage.getItem('tw.language')," +
    "matchMedia('(prefers-color-scheme: dark)').matches, innerWidth, navigator.language," +
    "new Intl.DateTimeFormat().resolvedOptions().timeZone].join(' ');",
};

const open = browserOfFile();
let url: string;

function smallPages(): Server {
  return createServer((request, response) => {
    const path = request.url ?? "";
    response.setHeader("content-security-policy", POLICY);
    if (path === "/echo") return response.end(request.headers.authorization ?? "nobody");
    const script = SCRIPTS[path];
    if (script !== undefined)
      return response.setHeader("content-type", "text/javascript").end(script);
    const body = BODIES[path] ?? "";
    const head = `<meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">`;
    response.setHeader("content-type", "text/html");
    return response.end(`<!doctype html><html lang="en">${head}<main>${body}</main></html>`);
  });
}

beforeAll(async () => {
  const server = smallPages();
  url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  return () => {
    server.close();
    server.closeAllConnections();
  };
});

test("a page with nothing wrong is clean, and axe runs in it in spite of its policy", async () => {
  const page = await open(`${url}/clean`);

  await page.settled();
  expect(await page.axe()).toEqual([]);
  await page.expectClean();
});

test("a violation of the content security policy is reported", async () => {
  const page = await open(`${url}/inline-script`);

  await expect(page.expectClean()).rejects.toThrow(/policy: script-src-elem blocked inline at/);
});

test("what axe finds is told with its rule and its element, unless it is excluded", async () => {
  const page = await open(`${url}/unlabelled`);

  expect(await page.axe()).toEqual([expect.stringMatching(/^label \(critical\)[\s\S]*#bare/)]);
  expect(await page.axe({ exclude: ["#bare"] })).toEqual([]);
  await page.expectClean();
});

test("errors on the console, uncaught ones and dialogs are reported", async () => {
  const page = await open(`${url}/broken`);

  await expect(page.expectClean()).rejects.toThrow(/console: out of ticks \(http/);
  expect(await page.faults()).toEqual([
    expect.stringContaining("console: out of ticks"),
    "dialog: alert hello",
    expect.stringMatching(/^uncaught: Error: no such tick/),
  ]);
  await page.expectClean([/out of ticks/, /alert hello/, /no such tick/]);
});

test("a token goes with the page's requests, and nothing leaves this machine", async () => {
  const page = await open(`${url}/far`, { token: "tw_of_the_tests" });

  await page.page.waitForFunction(() => document.title === "Bearer tw_of_the_tests");
  await expect.poll(() => page.faults()).toContainEqual(expect.stringMatching(/^policy: connect/));
  const { page: elsewhere } = await open(`${url}/clean`);
  await expect(elsewhere.goto("http://example.com/")).rejects.toThrow("ERR_NAME_NOT_RESOLVED");
  await expect(elsewhere.goto("http://192.0.2.1/")).rejects.toThrow("ERR_NAME_NOT_RESOLVED");
});

test("a page is looked at as its options say", async () => {
  const { page } = await open(`${url}/choices`, {
    theme: "system",
    language: "zh",
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
    locale: "zh-CN",
    timezone: "America/New_York",
  });

  expect(await page.title()).toBe("system zh true 390 zh-CN America/New_York");
});
