import { namespaceChoice } from "../../api/client.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";

/** A job that is being edited: what was read, what it became, and the version that it goes over. */
export interface StoredDraft {
  readonly draft: JsonObject;
  /** Null for a new job. */
  readonly base: JsonObject | null;
  readonly etag: string | null;
}

/** What was typed is kept until it is saved or thrown away, as long as the tab is open. */
export function readDraft(key: string): StoredDraft | null {
  try {
    const text = sessionStorage.getItem(nameOf(key));
    // Nobody but `writeDraft` writes under this name.
    const stored: StoredDraft | null = text === null ? null : JSON.parse(text);
    return stored;
  } catch {
    return null;
  }
}

export function writeDraft(key: string, draft: StoredDraft): void {
  try {
    sessionStorage.setItem(nameOf(key), JSON.stringify(draft));
  } catch {
    // A full or closed storage keeps nothing; the form itself still has it.
  }
}

export function forgetDraft(key: string): void {
  try {
    sessionStorage.removeItem(nameOf(key));
  } catch {
    // There was none to forget.
  }
}

function nameOf(key: string): string {
  return `tw.draft.job.${namespaceChoice.read() ?? ""}.${key}`;
}
