import { memo } from "preact/compat";
import type { LogLineJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { clockText } from "./clock-text.ts";
import { styledOf } from "./ansi.ts";
import { isCut, plainLine } from "./log-lines.ts";
import { logStrings } from "./log-strings.ts";
import { piecesOf } from "./text-pieces.ts";

interface LogRowProps {
  readonly line: LogLineJson;
  readonly zone: string;
  readonly query: string;
  readonly isWrapped: boolean;
  readonly isExpanded: boolean;
  /** The match that the search stands on. */
  readonly isCurrent: boolean;
  readonly hasAttempts: boolean;
  readonly onToggle: (line: LogLineJson) => void;
}

const LEVEL_LOOK: Readonly<Record<LogLineJson["level"], string>> = {
  debug: "text-muted",
  info: "text-muted",
  warn: "text-warn",
  error: "text-bad",
};

/** One entry of a log: when, which attempt, how much it matters, and its text. */
export const LogRow = memo((props: LogRowProps) => {
  const { line, zone, isCurrent, hasAttempts } = props;
  const say = useStrings(logStrings);
  return (
    <div
      class={`flex gap-2 px-2 py-px font-mono text-xs leading-5 ${isCurrent ? "bg-accent-ground" : ""}`}
    >
      <span class="shrink-0 text-muted tabular-nums select-none" title={line.at}>
        {clockText(line.at, zone)}
      </span>
      {hasAttempts && (
        <span
          class="shrink-0 text-muted select-none"
          title={say("attempt", { attempt: line.attempt })}
        >
          #{line.attempt}
        </span>
      )}
      <span class={`w-10 shrink-0 uppercase select-none ${LEVEL_LOOK[line.level]}`}>
        {line.level}
      </span>
      <Entry {...props} />
    </div>
  );
});

/** The text of an entry: of several lines only the first, until it is opened or something is found in it. */
function Entry({ line, query, isWrapped, isExpanded, onToggle }: LogRowProps) {
  const say = useStrings(logStrings);
  const plain = plainLine(line);
  const more = plain.split("\n").length - 1;
  const isHit = query !== "" && plain.toLowerCase().includes(query.toLowerCase());
  const isOpen = more === 0 || isExpanded || isHit;
  const look = isWrapped ? "min-w-0 flex-1 break-words whitespace-pre-wrap" : "whitespace-pre";
  return (
    <span class={look}>
      <LineText text={isOpen ? line.text : firstLineOf(line.text)} query={query} />
      {more > 0 && !isHit && (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => onToggle(line)}
          class="ml-2 rounded px-1 text-accent hover:bg-hover"
        >
          {isOpen ? say("collapse") : say("expand", { count: more })}
        </button>
      )}
      {isCut(line) && <span class="ml-2 text-warn">({say("cutLine")})</span>}
    </span>
  );
}

function firstLineOf(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function LineText({ text, query }: { readonly text: string; readonly query: string }) {
  return (
    <>
      {styledOf(text).map((styled, at) => (
        // oxlint-disable-next-line no-array-index-key -- The pieces of a line have nothing but their order.
        <span key={at} class={styled.look}>
          {piecesOf(styled.text, query).map((piece, place) => {
            const shown = piece.isMatch ? (
              <mark class="rounded-sm bg-warn-ground text-text">{piece.text}</mark>
            ) : (
              piece.text
            );
            if (piece.href === null) return shown;
            return (
              <a
                // oxlint-disable-next-line no-array-index-key -- As above.
                key={place}
                href={piece.href}
                target="_blank"
                rel="noreferrer noopener"
                class="text-accent underline"
              >
                {shown}
              </a>
            );
          })}
        </span>
      ))}
    </>
  );
}
