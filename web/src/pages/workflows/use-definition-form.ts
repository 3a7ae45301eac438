import { useEffect, useRef, useState } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { toast } from "../../kit/toast.tsx";
import { readDraft, writeDraft, type Draft } from "./definition-draft.ts";
import { textOf, type Format } from "./definition-text.ts";
import { editStrings } from "./edit-strings.ts";
import { parsedText } from "./parsed-text.ts";

type Definition = { readonly [key: string]: Json };

/** What an editor begins with. */
export interface Begin {
  /** The workflow that is edited; null makes a new one. */
  readonly workflow: string | null;
  readonly definition: Definition;
  readonly etag: string | null;
}

export interface DefinitionForm {
  readonly name: string;
  readonly text: string;
  readonly format: Format;
  readonly etag: string | null;
  /** What the text began with, as JSON. */
  readonly base: Definition;
  /** When a draft that was found was last changed; null when it began fresh. */
  readonly draftAt: string | null;
  setName(name: string): void;
  setText(text: string): void;
  /** Takes another definition in, as a text of the format of the moment. */
  take(definition: Definition, etag?: string | null): Promise<void>;
  switchFormat(format: Format): Promise<void>;
  /** Back to what is saved. */
  discard(): Promise<void>;
  /** It was saved: nothing is left to keep. */
  forget(): void;
}

interface Held {
  readonly name: string;
  readonly text: string;
  readonly format: Format;
  readonly etag: string | null;
  readonly base: Definition;
  readonly draftAt: string | null;
}

/** The state of the editor. What was typed is kept for this window until it is saved. */
export function useDefinitionForm({ workflow, definition, etag }: Begin): DefinitionForm | null {
  const say = useStrings(editStrings);
  const [held, setHeld] = useState<Held | null>(() => heldOf(readDraft(workflow)));
  /** The YAML that a JSON text was made of: with its comments, for the way back. */
  const made = useRef<{ readonly json: string; readonly yaml: string } | null>(null);
  const begin = async (format: Format): Promise<void> => {
    const text = await textOf(definition, format);
    setHeld({ name: workflow ?? "", text, format, etag, base: definition, draftAt: null });
  };
  useEffect(() => {
    if (held === null) void begin("yaml");
  }, []);
  if (held === null) return null;
  const change = (changes: Partial<Held>): void => {
    const next = { ...held, ...changes };
    setHeld(next);
    const { draftAt: _, base, ...rest } = next;
    const at = new Date().toISOString();
    writeDraft(workflow, { ...rest, base: JSON.stringify(base), at });
  };
  const switchFormat = async (format: Format): Promise<void> => {
    const { value } = await parsedText(held.text, held.format, "");
    if (value === null) return toast(say("mendFirst"));
    if (format === "yaml" && made.current?.json === held.text)
      return change({ text: made.current.yaml, format });
    const text = await textOf(value, format);
    if (format === "json") made.current = { json: text, yaml: held.text };
    change({ text, format });
  };
  return {
    ...held,
    setName: (name) => change({ name }),
    setText: (text) => change({ text }),
    take: async (taken, ofEtag) => {
      const text = await textOf(taken, held.format);
      change({ text, ...(ofEtag === undefined ? {} : { etag: ofEtag }) });
    },
    switchFormat,
    discard: () => {
      writeDraft(workflow, null);
      return begin(held.format);
    },
    forget: () => writeDraft(workflow, null),
  };
}

function heldOf(draft: Draft | null): Held | null {
  if (draft === null) return null;
  const { at, base, ...rest } = draft;
  // Written by this page, from what the API answered.
  const definition: Definition = JSON.parse(base);
  return { ...rest, base: definition, draftAt: at };
}
