import { forwardRef } from "preact/compat";
import { useImperativeHandle, useMemo, useRef } from "preact/compat";
import { lineOf } from "./parsed-text.ts";

/** Of `leading-5`. */
const LINE_PX = 20;
/** Of `p-2`. */
const PADDING_PX = 8;
/** Lines that stay above one that is moved to. */
const ABOVE = 4;

export interface TextEditorHandle {
  /** Moves the cursor to a place, and the place into view. */
  goTo(offset: number): void;
}

interface TextEditorProps {
  readonly label: string;
  /** The id of what is said about it. */
  readonly describedBy: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Lines with something wrong, from 1. */
  readonly badLines: readonly number[];
}

/** A plain box for text with its lines numbered. Tab leaves it, as it leaves every control. */
export const TextEditor = forwardRef<TextEditorHandle, TextEditorProps>(function TextEditor(
  { label, describedBy, text, onText, badLines },
  ref,
) {
  const box = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const numbers = useMemo(() => numbersOf(text), [text]);
  useImperativeHandle(
    ref,
    () => ({
      goTo(offset) {
        const area = box.current;
        if (area === null) return;
        const end = area.value.indexOf("\n", offset);
        area.focus();
        area.setSelectionRange(offset, end === -1 ? area.value.length : end);
        area.scrollTop = Math.max(0, (lineOf(area.value, offset) - ABOVE) * LINE_PX);
        area.scrollLeft = 0;
      },
    }),
    [],
  );
  const follow = (): void => {
    const top = box.current?.scrollTop ?? 0;
    gutter.current?.style.setProperty("transform", `translateY(${-top}px)`);
  };
  return (
    <div class="relative flex h-[clamp(18rem,58vh,50rem)] overflow-hidden rounded-md border border-line-strong/60 bg-surface font-mono text-xs">
      <div
        aria-hidden="true"
        class="w-12 shrink-0 overflow-hidden border-r border-line bg-ground text-right text-muted select-none"
      >
        <div ref={gutter} class="relative px-2 py-2 leading-5 whitespace-pre">
          <BadMarks lines={badLines} />
          <span class="relative">{numbers}</span>
        </div>
      </div>
      <textarea
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={badLines.length > 0}
        ref={box}
        value={text}
        spellcheck={false}
        autocapitalize="off"
        wrap="off"
        onScroll={follow}
        onInput={(event) => onText(event.currentTarget.value)}
        class="min-w-0 flex-1 resize-none bg-transparent p-2 leading-5 whitespace-pre text-text outline-offset-[-2px]"
      />
    </div>
  );
});

/** Beside the numbers of lines with something wrong. */
function BadMarks({ lines }: { readonly lines: readonly number[] }) {
  return (
    <>
      {lines.map((line) => (
        <span
          key={line}
          class="absolute inset-x-0 bg-bad-ground pl-1 text-left text-bad"
          style={{ top: PADDING_PX + (line - 1) * LINE_PX, height: LINE_PX }}
        >
          ✗
        </span>
      ))}
    </>
  );
}

function numbersOf(text: string): string {
  const count = text.split("\n").length;
  return Array.from({ length: count }, (_, at) => String(at + 1)).join("\n");
}
