import { Check, Copy } from "lucide-react";
import { useState } from "preact/compat";
import { useStrings } from "../i18n/strings.ts";
import { IconButton } from "./button.tsx";
import { kitStrings } from "./strings.ts";

const SHOWN_MS = 1_500;

/** Copies a text to the clipboard, and says so. */
export function CopyButton(props: { readonly text: string; readonly label?: string }) {
  const say = useStrings(kitStrings);
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <IconButton
      label={isCopied ? say("copied") : (props.label ?? say("copy"))}
      onClick={() => void copy()}
    >
      {isCopied ? <Check size={14} /> : <Copy size={14} />}
    </IconButton>
  );
}
