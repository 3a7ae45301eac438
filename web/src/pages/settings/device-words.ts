/** What a browser says of itself, as a person would name it. */
export interface Device {
  readonly browser: string;
  /** Null where it does not say. */
  readonly system: string | null;
}

const CHARS_MAX = 60;

/** The first that fits: most browsers also claim to be those below them. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bMicroMessenger\/(\d+)/, "WeChat"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//, "Safari"],
  [/^curl\/(\d+)/, "curl"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bHarmonyOS\b/, "HarmonyOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/** The device behind a user agent; one that nobody knows is shown by its own first words. */
export function deviceOf(userAgent: string | null): Device | null {
  const text = userAgent?.trim() ?? "";
  if (text === "") return null;
  const system = SYSTEMS.find(([form]) => form.test(text))?.[1] ?? null;
  for (const [form, name] of BROWSERS) {
    const version = form.exec(text)?.[1];
    if (version !== undefined) return { browser: `${name} ${version}`, system };
  }
  return { browser: text.slice(0, CHARS_MAX), system: null };
}
