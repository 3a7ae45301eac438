import type { Json } from "../core/json.ts";
import { NonRetryable } from "./handler.ts";

export const CONTEXT_LIMITS = {
  /** What the scheduler takes of one answer, and of the shared context as a whole. */
  charsMax: 65_536,
} as const;

/** What a handler lays over the shared context of its workflow run. It is sent with the run's success. */
export class ContextUpdates {
  #values: { readonly [key: string]: Json } | null = null;

  /** Null when the handler changed nothing. */
  get values(): { readonly [key: string]: Json } | null {
    return this.#values;
  }

  /** Throws `NonRetryable` with the code `context.invalid`, and then changes nothing. */
  lay(values: { readonly [key: string]: unknown }): void {
    const text = textOf({ ...this.#values, ...values });
    if (text.length > CONTEXT_LIMITS.charsMax)
      throw invalid(`${text.length} characters; at most ${CONTEXT_LIMITS.charsMax} are taken`);
    // A copy, so that what the handler does with its values later changes nothing.
    const json: { readonly [key: string]: Json } = JSON.parse(text);
    this.#values = json;
  }
}

function textOf(values: { readonly [key: string]: unknown }): string {
  try {
    return JSON.stringify(values);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/** Trying again would end in the same. */
function invalid(why: string): NonRetryable {
  const error = new NonRetryable(`the context cannot be updated: ${why}`);
  return Object.assign(error, { code: "context.invalid" });
}
