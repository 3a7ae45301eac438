import { useStrings } from "../i18n/strings.ts";
import { kitStrings } from "./strings.ts";

type Tone = "ok" | "bad" | "warn" | "busy" | "idle";

/** Each state has a tone and a mark: it is never told by colour alone. */
const STATES = {
  succeeded: ["ok", "✓"],
  active: ["ok", "●"],
  online: ["ok", "●"],
  fired: ["ok", "✓"],
  failed: ["bad", "✗"],
  timed_out: ["bad", "⏱"],
  lost: ["bad", "?"],
  offline: ["bad", "✗"],
  dropped: ["bad", "✗"],
  retrying: ["warn", "↻"],
  suspect: ["warn", "!"],
  draining: ["warn", "▽"],
  compensating: ["warn", "↶"],
  approving: ["warn", "?"],
  running: ["busy", "▶"],
  dispatching: ["busy", "→"],
  in_flight: ["busy", "→"],
  accepted: ["busy", "▶"],
  ending: ["busy", "▶"],
  waiting: ["idle", "…"],
  listening: ["idle", "…"],
  sleeping: ["idle", "z"],
  pending: ["idle", "○"],
  paused: ["idle", "‖"],
  canceled: ["idle", "⊘"],
  skipped: ["idle", "»"],
  coalesced: ["idle", "≡"],
  disabled: ["idle", "⊘"],
  ended: ["idle", "■"],
} as const satisfies Readonly<Record<string, readonly [Tone, string]>>;

export type State = keyof typeof STATES;

const TEXT: Readonly<Record<Tone, string>> = {
  ok: "text-ok bg-ok-ground",
  bad: "text-bad bg-bad-ground",
  warn: "text-warn bg-warn-ground",
  busy: "text-busy bg-busy-ground",
  idle: "text-muted bg-hover",
};

const FILL: Readonly<Record<Tone, string>> = {
  ok: "bg-ok-fill",
  bad: "bg-bad-fill",
  warn: "bg-warn-fill",
  busy: "bg-busy-fill",
  idle: "bg-idle-fill",
};

function isState(text: string): text is State {
  return Object.hasOwn(STATES, text);
}

/** The tone of a state; a state that this page does not know is shown as idle. */
export function toneOf(state: string): Tone {
  return isState(state) ? STATES[state][0] : "idle";
}

export function markOf(state: string): string {
  return isState(state) ? STATES[state][1] : "·";
}

/** The class that fills a bar or a dot with the colour of a state. */
export function fillOf(state: string): string {
  return FILL[toneOf(state)];
}

/** A state in words, in the language of the pages. */
export function useStateName(): (state: string) => string {
  const say = useStrings(kitStrings);
  return (state) => (isState(state) ? say(state) : state);
}

/** A state as a small label with its mark. */
export function Status({ state }: { readonly state: string }) {
  const nameOf = useStateName();
  return (
    <span
      class={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${TEXT[toneOf(state)]}`}
    >
      <span aria-hidden="true">{markOf(state)}</span>
      {nameOf(state)}
    </span>
  );
}
