import { expect, test } from "vitest";
import { deviceOf } from "../../web/src/pages/settings/device-words.ts";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`${CHROME} Chrome/156.0.0.0 Safari/537.36`, "Chrome 156", "Linux"],
  [`${CHROME} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.1`, "Edge 140", "Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Firefox 145",
    "Windows",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15",
    "Safari 18",
    "macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Mobile/15E148 Safari/604.1",
    "Safari 18",
    "iPhone",
  ],
  [
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    "Samsung Internet 27",
    "Android",
  ],
  ["curl/8.14.1", "curl 8", null],
])("a user agent is named by its browser and system: %s", (userAgent, browser, system) => {
  expect(deviceOf(userAgent)).toEqual({ browser, system });
});

test("a user agent that nobody knows is shown by its own first words", () => {
  expect(deviceOf(`sync-robot ${"x".repeat(300)}`)?.browser).toHaveLength(60);
});

test.each([null, "", "  "])("no user agent is no device", (userAgent) => {
  expect(deviceOf(userAgent)).toBeNull();
});
