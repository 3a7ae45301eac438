import { useEffect, useMemo, useState } from "preact/compat";
import type { LogLineJson, RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Card } from "../../kit/layout.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useFilters } from "../../url/filters.ts";
import { storedText } from "../../url/stored.ts";
import { LogEmpty } from "./log-empty.tsx";
import { droppedOf, findIn, isLevel, linesFrom, sizeText, textOfLines } from "./log-lines.ts";
import { LogList } from "./log-list.tsx";
import type { LogState } from "./log-source.ts";
import { logStrings } from "./log-strings.ts";
import { LogToolbar, type LogView } from "./log-toolbar.tsx";
import { useLog } from "./use-log.ts";

/** What the handler of a run wrote: followed while it is written, searched, narrowed down, copied, kept as a file. */
export function LogViewer({ run }: { readonly run: RunJson }) {
  const say = useStrings(logStrings);
  const log = useLog(run);
  const [view, change] = useLogView();
  const isOpen = log.phase === "following" || log.phase === "reconnecting";
  const kept = useMemo(() => linesFrom(log.lines, view.level), [log.lines, view.level]);
  const shown = useMemo(
    () => (view.isNewestFirst ? kept.toReversed() : kept),
    [kept, view.isNewestFirst],
  );
  const search = useLogSearch(shown, view.query);
  return (
    <Card title={say("title")} actions={<LogStateText log={log} kept={kept} />}>
      {log.problem !== null && <Failure problem={log.problem} again={() => log.again()} />}
      {log.lines.length === 0 ? (
        <LogEmpty run={run} phase={log.phase} />
      ) : (
        <>
          <LogToolbar
            view={view}
            change={(changes) => {
              change(changes);
              if (changes.query !== undefined) search.begin();
            }}
            isOpen={isOpen}
            found={search.found}
            onStep={search.step}
            onCopy={() =>
              void navigator.clipboard
                .writeText(textOfLines(kept))
                .then(() => toast(say("copied")), toastFailure)
            }
            onDownload={() => save(`${run.id}.log`, textOfLines(kept))}
          />
          {shown.length === 0 ? (
            <p class="py-3 text-muted">{say("emptyLevel")}</p>
          ) : (
            <LogList
              lines={shown}
              isNewestFirst={view.isNewestFirst}
              isWrapped={view.isWrapped}
              isFollowing={isOpen && view.isFollowing}
              onFollowing={(isFollowing) => change({ isFollowing })}
              query={view.query}
              current={search.current}
              onStep={search.step}
            />
          )}
          <Dropped lines={log.lines} />
        </>
      )}
    </Card>
  );
}

function LogStateText({
  log,
  kept,
}: {
  readonly log: LogState;
  readonly kept: readonly LogLineJson[];
}) {
  const say = useStrings(logStrings);
  const { phase } = log;
  const total = useMemo(() => linesFrom(log.lines, "debug").length, [log.lines]);
  const size = useMemo(() => sizeText(kept), [kept]);
  const phaseText = phase === "idle" || phase === "failed" ? "" : say(phase);
  const count = { count: kept.length, total };
  return (
    <span class="text-xs text-muted tabular-nums">
      {total > 0 && `${say(kept.length < total ? "linesOf" : "lines", count)} · ${size} · `}
      {phaseText}
    </span>
  );
}

function Dropped({ lines }: { readonly lines: readonly LogLineJson[] }) {
  const say = useStrings(logStrings);
  const count = droppedOf(lines);
  if (count === 0) return null;
  return (
    <p class="mt-2 rounded-md bg-warn-ground px-2 py-1 text-warn">{say("dropped", { count })}</p>
  );
}

const order = storedText("tw.log.order");
const wrap = storedText("tw.log.wrap");

/** Level and search live in the address; how one likes to read is remembered. */
function useLogView(): readonly [LogView, (changes: Partial<LogView>) => void] {
  const [{ level = "", find = "" }, setFilters] = useFilters();
  const [own, setOwn] = useState(() => ({
    query: find,
    isNewestFirst: order.read() === "newest",
    isWrapped: wrap.read() !== "off",
    isFollowing: true,
  }));
  useEffect(() => {
    if (own.query === find) return undefined;
    // Browsers refuse an address that changes with every key.
    const timer = setTimeout(() => setFilters({ find: own.query }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [own.query, find]);
  const change = ({ level: nextLevel, ...rest }: Partial<LogView>): void => {
    if (nextLevel !== undefined) setFilters({ level: nextLevel === "debug" ? "" : nextLevel });
    if (rest.isNewestFirst !== undefined) order.write(rest.isNewestFirst ? "newest" : null);
    if (rest.isWrapped !== undefined) wrap.write(rest.isWrapped ? null : "off");
    setOwn((before) => ({ ...before, ...rest }));
  };
  return [{ ...own, level: isLevel(level) ? level : "debug" }, change];
}

const PAUSE_MS = 400;

/** The places where the search finds something, and the one it stands on. */
function useLogSearch(lines: readonly LogLineJson[], query: string) {
  const hits = useMemo(() => findIn(lines, query), [lines, query]);
  const [at, setAt] = useState(0);
  const place = hits.length === 0 ? 0 : Math.min(at, hits.length - 1);
  const step = (by: number): void => {
    if (hits.length > 0) setAt((place + by + hits.length) % hits.length);
  };
  return {
    found: { at: place + 1, count: hits.length },
    current: hits[place] ?? null,
    step,
    begin: () => setAt(0),
  };
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), RELEASED_MS);
}

/** A browser has begun to write the file by then. */
const RELEASED_MS = 10_000;
