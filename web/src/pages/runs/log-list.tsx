import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/compat";
import type { LogLineJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { useZone } from "../../shell/zone.ts";
import { keyOfLine } from "./log-lines.ts";
import { LogRow } from "./log-row.tsx";
import { logStrings } from "./log-strings.ts";

interface LogListProps {
  /** In the order in which they are shown. */
  readonly lines: readonly LogLineJson[];
  readonly isNewestFirst: boolean;
  readonly isWrapped: boolean;
  readonly isFollowing: boolean;
  readonly onFollowing: (isFollowing: boolean) => void;
  readonly query: string;
  /** The place to show; null leaves it to the reader. */
  readonly current: number | null;
  /** `n` and `N`, while the list has the focus. */
  readonly onStep: (step: number) => void;
}

const ROW_PX = 22;
const OVERSCAN = 20;
/** So near to the end is at the end. */
const NEAR_PX = 24;

/** The lines of a log, of which only those in view are in the page. */
export function LogList(props: LogListProps) {
  const { lines, isWrapped, isFollowing, query, current } = props;
  const say = useStrings(logStrings);
  const zone = useZone();
  const [expanded, toggle] = useExpanded();
  const { box, virtual, height } = useRowsInView(props);
  const onScroll = useFollowing(props);
  const hasAttempts = lines.some(({ attempt }) => attempt !== lines[0]?.attempt);
  return (
    <div
      ref={box}
      role="log"
      aria-label={say("region")}
      aria-live={isFollowing ? "polite" : "off"}
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={(event) => {
        if (event.key === "n") props.onStep(1);
        if (event.key === "N") props.onStep(-1);
      }}
      class="max-h-[60vh] min-h-24 overflow-auto rounded-md border border-line bg-ground"
    >
      <div class="relative w-full" style={{ height: `${height}px` }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={String(key)}
            ref={virtual.measureElement}
            data-index={index}
            class={`absolute top-0 left-0 min-w-full ${isWrapped ? "w-full" : "w-max"}`}
            style={{ transform: `translateY(${start}px)` }}
          >
            {lines.slice(index, index + 1).map((line) => (
              <LogRow
                key={keyOfLine(line)}
                line={line}
                zone={zone}
                query={query}
                isWrapped={isWrapped}
                isExpanded={expanded.has(keyOfLine(line))}
                isCurrent={index === current}
                hasAttempts={hasAttempts}
                onToggle={toggle}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Which rows are in view; the box stays at the new lines while it follows, and goes to what the search found. */
function useRowsInView(props: LogListProps) {
  const { lines, isNewestFirst, isWrapped, isFollowing, current } = props;
  const box = useRef<HTMLDivElement>(null);
  // Asked for all lines with every row whose height turns out to be another one.
  const keys = useMemo(() => lines.map(keyOfLine), [lines]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (at) => keys[at] ?? at,
  });
  const height = virtual.getTotalSize();
  useEffect(() => virtual.measure(), [isWrapped]);
  useEffect(() => {
    if (isFollowing) box.current?.scrollTo({ top: isNewestFirst ? 0 : height });
  }, [isFollowing, isNewestFirst, lines, height]);
  useEffect(() => {
    if (current !== null) virtual.scrollToIndex(current, { align: "center" });
  }, [current]);
  return { box, virtual, height };
}

function useExpanded(): readonly [ReadonlySet<string>, (line: LogLineJson) => void] {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((line: LogLineJson) => {
    setExpanded((before) => {
      const next = new Set(before);
      if (!next.delete(keyOfLine(line))) next.add(keyOfLine(line));
      return next;
    });
  }, []);
  return [expanded, toggle];
}

/** Who scrolls away from the new lines reads in peace; who comes back follows again. */
function useFollowing({ isNewestFirst, isFollowing, onFollowing }: LogListProps) {
  const last = useRef(0);
  return (event: { readonly currentTarget: HTMLDivElement }): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    const awayPx = isNewestFirst ? scrollTop : scrollHeight - clientHeight - scrollTop;
    const isLeaving = isNewestFirst ? scrollTop > last.current : scrollTop < last.current;
    last.current = scrollTop;
    if (awayPx <= NEAR_PX && !isFollowing) onFollowing(true);
    else if (awayPx > NEAR_PX && isLeaving && isFollowing) onFollowing(false);
  };
}
