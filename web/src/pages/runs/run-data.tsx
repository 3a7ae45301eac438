import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Card, Code } from "../../kit/layout.tsx";
import { hasEnded } from "./run-states.ts";
import { runStrings } from "./run-strings.ts";

/** What a run was given and what it gave. */
export function RunData({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  const none = hasEnded(run.state) ? "noResult" : "noResultYet";
  const items = run.shard?.items ?? null;
  return (
    <>
      <Block
        title={say("result")}
        text={run.result === null ? null : textOf(run.result)}
        none={say(none)}
        {...(run.resultTruncated ? { note: say("cut") } : {})}
      />
      <Block
        title={say("params")}
        text={Object.keys(run.params).length === 0 ? null : textOf(run.params)}
        none={say("noParams")}
      />
      {items !== null && <Block title={say("items")} text={textOf(items)} none="" />}
    </>
  );
}

interface BlockProps {
  readonly title: string;
  readonly text: string | null;
  readonly none: string;
  readonly note?: string;
}

function Block({ title, text, none, note }: BlockProps) {
  return (
    <Card title={title} actions={text !== null && <CopyButton text={text} />}>
      {text === null ? <p class="text-muted">{none}</p> : <Code text={text} label={title} />}
      {note !== undefined && <p class="mt-1 text-xs text-warn">{note}</p>}
    </Card>
  );
}

/** Text as it is, anything else as JSON. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
