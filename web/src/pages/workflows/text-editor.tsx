import { forwardRef } from "preact/compat";
import { useImperativeHandle, useMemo, useRef } from "preact/compat";
import type { ControlProps } from "../../kit/field.tsx";
import { lineOf } from "./parsed-text.ts";

/** Of `leading-5`. */
const LINE_PX = 20;
/** Lines that stay above one that is moved to. */
const ABOVE = 4;

export interface TextEditorHandle {
  /** Moves the cursor to a place, and the place into view. */
  goTo(offset: number): void;
}

interface TextEditorProps {
  readonly control: ControlProps;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Lines with something wrong, from 1. */
  readonly badLines: readonly number[];
}

/** A plain box for text with its lines numbered. Tab leaves it, as it leaves every control. */
export const TextEditor = forwardRef<TextEditorHandle, TextEditorProps>(function TextEditor(
  { control, text, onText, badLines },
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
    <div class="relative flex h-[clamp(20rem,65vh,50rem)] overflow-hidden rounded-md border border-line-strong/60 bg-surface font-mono text-xs">
      <div
        aria-hidden="true"
        class="w-12 shrink-0 overflow-hidden border-r border-line bg-ground text-right text-muted select-none"
      >
        <div ref={gutter} class="relative px-2 py-2 leading-5 whitespace-pre">
          {badLines.map((line) => (
            <span
              key={line}
              class="absolute inset-x-0 bg-bad-ground pl-1 text-left text-bad"
              style={{ top: 8 + (line - 1) * LINE_PX, height: LINE_PX }}
            >
              ✗
            </span>
          ))}
          <span class="relative">{numbers}</span>
        </div>
      </div>
      <textarea
        {...control}
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

function numbersOf(text: string): string {
  const count = text.split("\n").length;
  return Array.from({ length: count }, (_, at) => String(at + 1)).join("\n");
}
