import { ChevronDown, ChevronUp, Copy, Download } from "lucide-react";
import { useStrings } from "../../i18n/strings.ts";
import { Button, IconButton } from "../../kit/button.tsx";
import { Checkbox, Select, TextInput } from "../../kit/field.tsx";
import { isLevel, LEVELS, type Level } from "./log-lines.ts";
import { logStrings } from "./log-strings.ts";

/** How a log is looked at. */
export interface LogView {
  readonly level: Level;
  readonly query: string;
  readonly isNewestFirst: boolean;
  readonly isWrapped: boolean;
  readonly isFollowing: boolean;
}

interface LogToolbarProps {
  readonly view: LogView;
  readonly change: (changes: Partial<LogView>) => void;
  readonly isOpen: boolean;
  readonly found: { readonly at: number; readonly count: number };
  readonly onStep: (step: number) => void;
  readonly onCopy: () => void;
  readonly onDownload: () => void;
}

export function LogToolbar(props: LogToolbarProps) {
  const { view, change } = props;
  const say = useStrings(logStrings);
  return (
    <div class="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
      <Search {...props} />
      <Select
        aria-label={say("level")}
        class="!w-auto"
        value={view.level}
        onChange={({ currentTarget: { value } }) => isLevel(value) && change({ level: value })}
        options={LEVELS.map((level) => ({ value: level, label: say(level) }))}
      />
      <Select
        aria-label={say("order")}
        class="!w-auto"
        value={view.isNewestFirst ? "newest" : "oldest"}
        onChange={({ currentTarget }) =>
          change({ isNewestFirst: currentTarget.value === "newest" })
        }
        options={[
          { value: "oldest", label: say("oldest") },
          { value: "newest", label: say("newest") },
        ]}
      />
      <Checkbox
        label={say("wrap")}
        isChecked={view.isWrapped}
        onChange={(isWrapped) => change({ isWrapped })}
      />
      {props.isOpen && (
        <Checkbox
          label={say("follow")}
          isChecked={view.isFollowing}
          onChange={(isFollowing) => change({ isFollowing })}
        />
      )}
      <span class="ml-auto flex">
        <IconButton label={say("copy")} onClick={props.onCopy}>
          <Copy size={14} />
        </IconButton>
        <Button look="quiet" onClick={props.onDownload}>
          <Download size={14} aria-hidden="true" />
          {say("download")}
        </Button>
      </span>
    </div>
  );
}

function Search({ view, change, found, onStep }: LogToolbarProps) {
  const say = useStrings(logStrings);
  const hasQuery = view.query !== "";
  return (
    <span class="flex min-w-0 flex-[1_1_100%] items-center gap-1 sm:flex-[1_1_18rem]">
      <TextInput
        type="search"
        aria-label={say("search")}
        placeholder={say("searchHint")}
        value={view.query}
        class="min-w-24 flex-1"
        onInput={(event) => change({ query: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Enter" && onStep(event.shiftKey ? -1 : 1)}
      />
      <span role="status" class="text-xs whitespace-nowrap text-muted tabular-nums empty:hidden">
        {hasQuery && say(found.count === 0 ? "foundNone" : "found", found)}
      </span>
      {hasQuery && found.count > 0 && (
        <>
          <IconButton label={say("previousMatch")} onClick={() => onStep(-1)}>
            <ChevronUp size={14} />
          </IconButton>
          <IconButton label={say("nextMatch")} onClick={() => onStep(1)}>
            <ChevronDown size={14} />
          </IconButton>
        </>
      )}
    </span>
  );
}
