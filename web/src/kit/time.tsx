import { useEffect, useState, useSyncExternalStore } from "preact/compat";
import { languageNow, useLanguage, type Language } from "../i18n/language.ts";
import { useStrings } from "../i18n/strings.ts";
import { useZone } from "../shell/zone.ts";
import { kitStrings } from "./strings.ts";

const SECOND_MS = 1_000;
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", SECOND_MS],
  ["ms", 1],
] as const;
type Unit = (typeof UNITS)[number][0];
const UNIT_NAMES: Readonly<Record<Language, Readonly<Record<Unit, string>>>> = {
  en: { d: "d", h: "h", m: "m", s: "s", ms: "ms" },
  zh: { d: "天", h: "小时", m: "分", s: "秒", ms: "毫秒" },
};
const SPLIT_FROM_MS = 10 * SECOND_MS;

/** A span in its two largest units, in the language of the pages: `2 h 5 m`, `48 s`, `320 ms`. */
export function spanText(ms: number): string {
  const names = UNIT_NAMES[languageNow()];
  const whole = Math.abs(ms);
  if (whole < SECOND_MS) return `${Math.round(whole)} ${names.ms}`;
  const digits = whole % SECOND_MS === 0 ? 0 : 1;
  if (whole < SPLIT_FROM_MS) return `${(whole / SECOND_MS).toFixed(digits)} ${names.s}`;
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const [unit, size] = UNITS[first] ?? ["s", SECOND_MS];
  const count = Math.floor(whole / size);
  const [nextUnit, nextSize] = UNITS[first + 1] ?? ["ms", 1];
  const rest = unit === "s" ? 0 : Math.floor((whole - count * size) / nextSize);
  const head = `${count} ${names[unit]}`;
  return rest === 0 ? head : `${head} ${rest} ${names[nextUnit]}`;
}

/** A span of milliseconds; null is not known. */
export function Span({ ms }: { readonly ms: number | null | undefined }) {
  return (
    <span class="tabular-nums whitespace-nowrap">
      {typeof ms === "number" ? spanText(ms) : "–"}
    </span>
  );
}

/** An instant as a date and a clock time in a zone, in the language of the pages. */
export function instantText(at: string | number, zone: string, hasSeconds = true): string {
  return new Intl.DateTimeFormat(languageNow() === "zh" ? "zh-CN" : "en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    ...(hasSeconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(new Date(at));
}

interface TimeProps {
  readonly at: string | null | undefined;
  /** `relative` counts from now; `full` is the date; `both` is both. */
  readonly as?: "relative" | "full" | "both";
  /** Another zone than the one of the pages, such as that of the job. */
  readonly zone?: string;
}

/** An instant in the zone of the pages; the title has it in full, in UTC too. */
export function Time({ at, as = "full", zone }: TimeProps) {
  const say = useStrings(kitStrings);
  const pageZone = useZone();
  if (at === null || at === undefined) return <span class="text-muted">{say("unknown")}</span>;
  const shown = zone ?? pageZone;
  const full = instantText(at, shown);
  return (
    <time dateTime={at} title={`${full} ${shown}\n${at}`} class="tabular-nums whitespace-nowrap">
      {as === "full" ? full : <Relative at={at} />}
      {as === "both" && <span class="text-muted"> · {full}</span>}
    </time>
  );
}

function Relative({ at }: { readonly at: string }) {
  const say = useStrings(kitStrings);
  useLanguage();
  const ms = Date.parse(at) - useNow();
  if (Math.abs(ms) < SECOND_MS) return <>{say("now")}</>;
  const time = spanText(Math.trunc(ms / SECOND_MS) * SECOND_MS);
  return <>{ms > 0 ? say("inTime", { time }) : say("agoTime", { time })}</>;
}

const ticking = new Set<() => void>();
let nowMs = Date.now();
let ticker: ReturnType<typeof setInterval> | undefined;

/** The clock of this page, once a second: one timer for all who ask. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => nowMs);
}

function listen(changed: () => void): () => void {
  ticking.add(changed);
  ticker ??= setInterval(() => {
    nowMs = Date.now();
    for (const listener of ticking) listener();
  }, SECOND_MS);
  return () => {
    ticking.delete(changed);
    if (ticking.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

/** True once something has taken longer than people notice. */
export function useLate(isPending: boolean, afterMs = 150): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isPending) return setLate(false);
    const timer = setTimeout(() => setLate(true), afterMs);
    return () => clearTimeout(timer);
  }, [isPending, afterMs]);
  return isLate;
}
