import { useEffect, useState } from "preact/compat";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import type { Format } from "./definition-text.ts";
import { editStrings } from "./edit-strings.ts";
import { parsedText, type ParsedText, type TextFault } from "./parsed-text.ts";

const WAIT_MS = { parse: 150, check: 600 } as const;
const CLIENT_FAULTS: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);
const UNNAMED = "unnamed";

interface Sound {
  readonly steps: number;
  readonly edges: number;
  readonly depth: number;
  readonly warnings: readonly { readonly pointer: string; readonly message: string }[];
}

/** What is known of a text that somebody types. */
export interface CheckedText {
  /** The last reading; its text may be a moment older than the one in the editor. */
  readonly parsed: ParsedText | null;
  readonly text: string;
  readonly isChecking: boolean;
  readonly sound: Sound | null;
  readonly faults: readonly TextFault[];
  readonly warnings: readonly TextFault[];
  readonly hint: string;
  /** The check itself failed. */
  readonly problem: Problem | null;
}

const UNCHECKED: CheckedText = {
  parsed: null,
  text: "",
  isChecking: true,
  sound: null,
  faults: [],
  warnings: [],
  hint: "",
  problem: null,
};

/** Reads a text, and has the server check what it says, a moment after it was last changed. */
export function useCheckedText(name: string, text: string, format: Format): CheckedText {
  const say = useStrings(editStrings);
  const [checked, setChecked] = useState(UNCHECKED);
  const notMapping = say("notMapping");
  useEffect(() => {
    const stop = new AbortController();
    const work = async (): Promise<void> => {
      await pause(WAIT_MS.parse);
      if (stop.signal.aborted) return;
      const parsed = await parsedText(text, format, notMapping);
      if (stop.signal.aborted) return;
      const read = { ...UNCHECKED, parsed, text, faults: parsed.faults };
      setChecked({ ...read, isChecking: parsed.value !== null });
      if (parsed.value === null) return;
      await pause(WAIT_MS.check);
      if (stop.signal.aborted) return;
      const found = await checkOf({ name: name === "" ? UNNAMED : name, ...parsed.value }, stop);
      if (!stop.signal.aborted) setChecked({ ...read, ...found(parsed), isChecking: false });
    };
    void work();
    return () => stop.abort();
  }, [name, text, format, notMapping]);
  return checked;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

type Finding = (parsed: ParsedText) => Partial<CheckedText>;

async function checkOf(body: object, stop: AbortController): Promise<Finding> {
  try {
    const sent = { body, signal: stop.signal };
    const { body: sound } = await call<Sound>("POST", "/workflows/check", sent);
    return (parsed) => ({ sound, warnings: placed(sound.warnings, parsed) });
  } catch (error) {
    if (!(error instanceof Problem)) return () => ({});
    if (!CLIENT_FAULTS.has(error.status)) return () => ({ problem: error });
    const { faults, message, hint } = error;
    const found = faults.length === 0 ? [{ pointer: "", message }] : faults;
    return (parsed) => ({ faults: placed(found, parsed), hint });
  }
}

function placed(
  faults: readonly { readonly pointer: string; readonly message: string }[],
  { offsetOf }: ParsedText,
): readonly TextFault[] {
  return faults.map(({ pointer, message }) => ({ offset: offsetOf(pointer), message }));
}
