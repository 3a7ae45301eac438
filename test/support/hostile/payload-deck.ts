import { XSS_PAYLOADS } from "../xss-payloads.ts";

/** Control characters, which headers and a few names refuse. */
const CONTROL = /\p{C}/u;
const ASCII = /^[\u0020-\u007e]+$/;

interface Wish {
  readonly charsMax?: number;
  /** Without control characters. */
  readonly isPlain?: boolean;
  /** Visible ASCII and blanks, as a header wants it. */
  readonly isAscii?: boolean;
}

/** Deals payloads out, each in its turn, so that every kind of field gets them all when it is asked often enough. */
export class PayloadDeck {
  readonly #next = new Map<string, number>();

  /** The next one that fits; `field` names who asks. */
  one(field: string, wish: Wish = {}): string {
    return this.some(field, 1, wish)[0] ?? "";
  }

  some(field: string, count: number, wish: Wish = {}): readonly string[] {
    const fitting = XSS_PAYLOADS.filter((payload) => doesFit(payload, wish));
    const from = this.#next.get(field) ?? 0;
    this.#next.set(field, from + count);
    return Array.from({ length: count }, (_, i) => fitting[(from + i) % fitting.length] ?? "");
  }

  /** As many as find room, one a line. */
  text(field: string, charsMax: number): string {
    let text = "";
    for (;;) {
      const at = this.#next.get(field) ?? 0;
      const payload = XSS_PAYLOADS[at % XSS_PAYLOADS.length] ?? "";
      if (text !== "" && text.length + payload.length + 1 > charsMax) return text;
      text += text === "" ? payload : `\n${payload}`;
      this.#next.set(field, at + 1);
    }
  }

  /** Payloads as names and as values of a JSON object. */
  record(field: string, count: number): Readonly<Record<string, string>> {
    const keys = this.some(`keys of ${field}`, count);
    const values = this.some(`values of ${field}`, count);
    return Object.fromEntries(keys.map((key, i) => [key, values[i] ?? ""]));
  }
}

function doesFit(payload: string, { charsMax = Infinity, isPlain, isAscii }: Wish): boolean {
  if (payload.length > charsMax) return false;
  if (isAscii === true) return ASCII.test(payload) && payload.trim() === payload;
  return isPlain !== true || !CONTROL.test(payload);
}
