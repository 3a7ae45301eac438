import { useStrings } from "../../i18n/strings.ts";
import { Status } from "../../kit/status.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { instantText, Span, spanText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import type { AttemptBar, Waterfall } from "./attempt-bars.ts";
import { NodeText } from "./node-text.tsx";
import { usePartName } from "./part-name.ts";
import { clockText } from "./clock-text.ts";
import { runStrings } from "./run-strings.ts";

/** Each attempt with what became of it. */
export function AttemptsTable({ fall }: { readonly fall: Waterfall }) {
  const say = useStrings(runStrings);
  const zone = useZone();
  const columns: readonly Column<AttemptBar>[] = [
    { key: "attempt", title: say("attempt"), cell: (bar) => <AttemptNumber bar={bar} /> },
    { key: "outcome", title: say("outcome"), cell: (bar) => <Outcome bar={bar} /> },
    { key: "status", title: say("status"), cell: ({ attempt }) => attempt.status ?? "–" },
    {
      key: "sent",
      title: say("sent"),
      cell: ({ attempt: { sentAt } }) => (
        <time dateTime={sentAt} title={`${instantText(sentAt, zone)} ${zone}`}>
          {clockText(sentAt, zone)}
        </time>
      ),
    },
    {
      key: "offset",
      title: say("offset"),
      isNumber: true,
      cell: ({ offsetMs }) => <Span ms={offsetMs} />,
    },
    { key: "took", title: say("took"), isNumber: true, cell: ({ tookMs }) => <Span ms={tookMs} /> },
    { key: "parts", title: say("parts"), cell: (bar) => <Parts bar={bar} /> },
    { key: "node", title: say("node"), cell: ({ attempt }) => <NodeText node={attempt.node} /> },
    // That of the only attempt is the error of the run, which stands above.
    ...(fall.bars.length > 1 && fall.bars.some(({ attempt }) => attempt.error !== null)
      ? [{ key: "error", title: say("error"), cell: (bar: AttemptBar) => <ErrorCell bar={bar} /> }]
      : []),
  ];
  return (
    <Table
      caption={say("attemptsTable")}
      columns={columns}
      rows={fall.bars}
      idOf={({ attempt }) => `${attempt.attempt}.${attempt.send}`}
      isDense
    />
  );
}

interface CellProps {
  readonly bar: AttemptBar;
}

function AttemptNumber({ bar: { attempt } }: CellProps) {
  const say = useStrings(runStrings);
  return (
    <span class="whitespace-nowrap">
      {attempt.attempt}
      {attempt.send > 1 && (
        <span class="ml-1 text-xs text-muted">({say("sendAgain", { count: attempt.send })})</span>
      )}
    </span>
  );
}

function Outcome({ bar: { attempt } }: CellProps) {
  const say = useStrings(runStrings);
  return (
    <>
      <Status state={attempt.outcome} />
      {attempt.late && <span class="ml-1 text-xs text-muted">{say("late")}</span>}
    </>
  );
}

/** What the time of sending leaves open: our own waits before it are told by the columns beside. */
function Parts({ bar: { parts } }: CellProps) {
  const nameOf = usePartName();
  const told = parts.filter(({ name, fromMs, toMs }) => {
    return name !== "lag" && name !== "pause" && Math.round(toMs - fromMs) > 0;
  });
  return (
    <span class="block min-w-28 text-xs text-muted tabular-nums">
      {told
        .map(({ name, fromMs, toMs }) => `${nameOf(name)} ${spanText(toMs - fromMs)}`)
        .join(", ")}
    </span>
  );
}

function ErrorCell({ bar: { attempt } }: CellProps) {
  const text = attempt.error?.message ?? "";
  return (
    <span class="line-clamp-2 max-w-md min-w-40 text-xs break-all text-bad" title={text}>
      {text}
    </span>
  );
}
