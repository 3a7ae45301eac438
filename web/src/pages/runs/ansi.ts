/** A piece of a line with one look. */
export interface Styled {
  readonly text: string;
  /** Classes of our own colours; empty for plain text. */
  readonly look: string;
}

interface Look {
  readonly colour: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isInverse: boolean;
}

const PLAIN: Look = {
  colour: "",
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isInverse: false,
};

// Colours of terminals would not be readable on both of our grounds: each becomes the one of ours that means it.
const COLOURS = ["", "bad", "ok", "warn", "accent", "accent", "busy", ""] as const;
const CLASSES: Readonly<Record<string, string>> = {
  bad: "text-bad",
  ok: "text-ok",
  warn: "text-warn",
  accent: "text-accent",
  busy: "text-busy",
  muted: "text-muted",
};

/**
 * Control sequences of terminals (ECMA-48): CSI with its parameters and its last character, OSC up to its end,
 * and any other escape. Each kind begins with ESC and cannot run over the next one.
 */
const SEQUENCE = new RegExp(
  String.raw`\u001b\[([0-?]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -Z\\^_]?|\u009b`,
  "gu",
);
/** Control characters, and those that turn the direction of text around them. */
const INVISIBLE = new RegExp(
  String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]`,
  "gu",
);

/** A line with the colours that terminals would show, as text to put into elements: never as HTML. */
export function styledOf(line: string): readonly Styled[] {
  const pieces: Styled[] = [];
  let look = PLAIN;
  let at = 0;
  const put = (text: string): void => {
    if (text !== "") pieces.push({ text: shown(text), look: classOf(look) });
  };
  for (const found of line.matchAll(SEQUENCE)) {
    put(line.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[2] === "m") look = lookAfter(look, found[1] ?? "");
  }
  put(line.slice(at));
  return pieces;
}

/** The text of a line alone. */
export function plainOf(line: string): string {
  return shown(line.replace(SEQUENCE, ""));
}

/** What cannot be seen is shown by its code, so that no line looks like another one. */
function shown(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(INVISIBLE, (char) => `‹${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}›`);
}

/** Numbers of a `m` sequence that one line may hold; more are nonsense. */
const CODES_MAX = 64;

function lookAfter(before: Look, params: string): Look {
  const codes = params.split(/[;:]/u, CODES_MAX).map(Number);
  let look = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    const wide =
      code === WIDE_TEXT || code === WIDE_GROUND ? wideColour(codes.slice(at + 1)) : null;
    if (wide === null) look = lookWith(look, code);
    // Grounds stay ours: text would not be readable on others.
    else if (code === WIDE_TEXT) look = inColour(look, wide.colour);
    at += wide?.used ?? 0;
  }
  return look;
}

const WIDE_TEXT = 38;
const WIDE_GROUND = 48;

function inColour(look: Look, colour: string): Look {
  return { ...look, colour };
}

function lookWith(look: Look, code: number): Look {
  if (code >= 30 && code <= 37) return inColour(look, COLOURS[code - 30] ?? "");
  if (code === 90) return inColour(look, "muted");
  if (code > 90 && code <= 97) return inColour(look, COLOURS[code - 90] ?? "");
  return { ...look, ...CHANGES[code] };
}

const CHANGES: Readonly<Record<number, Partial<Look>>> = {
  0: PLAIN,
  1: { isBold: true },
  2: { isDim: true },
  3: { isItalic: true },
  4: { isUnderlined: true },
  7: { isInverse: true },
  22: { isBold: false, isDim: false },
  23: { isItalic: false },
  24: { isUnderlined: false },
  27: { isInverse: false },
  39: { colour: "" },
};

/** `5;n` of a palette of 256, or `2;r;g;b`; and how many numbers that took. */
function wideColour([kind, a = 0, b = 0, c = 0]: readonly number[]): {
  readonly colour: string;
  readonly used: number;
} {
  if (kind === 2) return { colour: nearest(a, b, c), used: 4 };
  if (kind !== 5) return { colour: "", used: 0 };
  if (a < 16) return { colour: a === 8 ? "muted" : (COLOURS[a % 8] ?? ""), used: 2 };
  if (a >= 232) return { colour: "muted", used: 2 };
  const cube = a - 16;
  const level = (step: number): number => (Math.floor(cube / step) % 6) * 51;
  return { colour: nearest(level(36), level(6), level(1)), used: 2 };
}

// Up to which hue, in degrees, a colour is taken for one of ours.
const HUES: readonly (readonly [number, string])[] = [
  [20, "bad"],
  [70, "warn"],
  [165, "ok"],
  [200, "busy"],
  [320, "accent"],
  [360, "bad"],
];
const GREY_MAX = 40;

function nearest(r: number, g: number, b: number): string {
  const most = Math.max(r, g, b);
  const spread = most - Math.min(r, g, b);
  if (spread <= GREY_MAX) return "";
  const sixth =
    most === r
      ? ((g - b) / spread + 6) % 6
      : most === g
        ? (b - r) / spread + 2
        : (r - g) / spread + 4;
  return HUES.find(([upTo]) => sixth * 60 <= upTo)?.[1] ?? "";
}

function classOf(look: Look): string {
  const dim = look.isDim ? "text-muted" : "";
  return [
    CLASSES[look.colour] ?? dim,
    look.isBold ? "font-semibold" : "",
    look.isItalic ? "italic" : "",
    look.isUnderlined ? "underline" : "",
    look.isInverse ? "bg-hover" : "",
  ]
    .filter((text) => text !== "")
    .join(" ");
}
