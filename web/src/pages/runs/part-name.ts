import { useStrings } from "../../i18n/strings.ts";
import { runStrings } from "./run-strings.ts";

const NAMES = {
  lag: "partLag",
  pause: "partPause",
  connect: "partConnect",
  ttfb: "partTtfb",
  total: "partTotal",
  work: "partWork",
  whole: "partWhole",
} as const;

const FILLS: Readonly<Record<string, string>> = {
  lag: "bg-line",
  pause: "bg-line",
  connect: "bg-warn-fill",
  ttfb: "bg-busy-fill",
  total: "bg-ok-fill",
  work: "bg-accent",
  whole: "bg-idle-fill",
};

/** The class that fills a part of a bar. */
export function fillOfPart(name: string): string {
  return FILLS[name] ?? "bg-idle-fill";
}

/** A part of an attempt in words; a phase that this page does not know keeps its name. */
export function usePartName(): (name: string) => string {
  const say = useStrings(runStrings);
  return (name) => (isKnown(name) ? say(NAMES[name]) : name);
}

function isKnown(name: string): name is keyof typeof NAMES {
  return Object.hasOwn(NAMES, name);
}
