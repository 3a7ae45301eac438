import { useEffect, useState } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";
import { textOf, type Format } from "./definition-text.ts";

/** A definition as a text in a format; null until it is made. */
export function useDefinitionText(definition: Json | null, format: Format): string | null {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    const show = async (shown: Json): Promise<void> => {
      const made = await textOf(shown, format);
      if (isWanted) setText(made);
    };
    if (definition === null) setText(null);
    else void show(definition);
    return () => {
      isWanted = false;
    };
  }, [definition, format]);
  return text;
}
