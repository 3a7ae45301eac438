import { namespaceChoice } from "../../api/client.ts";
import { formatOf, type Format } from "./definition-text.ts";

/** What somebody has typed and not saved. */
export interface Draft {
  readonly name: string;
  readonly text: string;
  readonly format: Format;
  /** The ETag of what it began with; null for a new one. */
  readonly etag: string | null;
  /** What it began with, to compare it with when somebody else has saved meanwhile. */
  readonly base: string;
  readonly at: string;
}

function keyOf(workflow: string | null): string {
  return `tw.draft.workflow.${namespaceChoice.read() ?? ""}.${workflow ?? ""}`;
}

/** The draft of a workflow, or of a new one, in this window. */
export function readDraft(workflow: string | null): Draft | null {
  try {
    const text = sessionStorage.getItem(keyOf(workflow));
    if (text === null) return null;
    // Written below, in this form.
    const draft: Draft = JSON.parse(text);
    return { ...draft, format: formatOf(draft.format) };
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function writeDraft(workflow: string | null, draft: Draft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(keyOf(workflow));
    else sessionStorage.setItem(keyOf(workflow), JSON.stringify(draft));
  } catch {
    // Where nothing may be kept, or it is too long, the text lasts as long as the page.
  }
}
