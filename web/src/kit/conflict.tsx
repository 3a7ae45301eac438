import { useMemo, useState } from "preact/compat";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "./button.tsx";
import { conflictStrings } from "./conflict-strings.ts";
import { Dialog } from "./dialog.tsx";
import { isSameJson, jsonForks, jsonText, mergedForks, type JsonFork } from "./json-changes.ts";
import type { JsonObject } from "./json-pointer.ts";

interface ConflictProps {
  /** What was read before it was changed here. */
  readonly base: JsonObject;
  readonly mine: JsonObject;
  /** What the server has now. */
  readonly theirs: JsonObject;
  /** Their version with mine at the chosen fields, to be saved over theirs. */
  readonly onResolve: (merged: JsonObject) => void;
  readonly onClose: () => void;
}

/**
 * A save was refused because somebody else saved first (`version.conflict`): every field that differs, with what it
 * was, and a choice for each. What only one side has changed is chosen already.
 */
export function ConflictDialog({ base, mine, theirs, onResolve, onClose }: ConflictProps) {
  const say = useStrings(conflictStrings);
  const forks = useMemo(() => jsonForks(base, mine, theirs), [base, mine, theirs]);
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isMine = (fork: JsonFork): boolean => chosen.get(fork.pointer) ?? !isOnlyTheirs(fork);
  const all = (mineWins: boolean) => (): void =>
    setChosen(new Map(forks.map(({ pointer }) => [pointer, mineWins])));
  const resolve = (): void => {
    const kept = new Set(forks.filter(isMine).map(({ pointer }) => pointer));
    onResolve(mergedForks(theirs, forks, (pointer) => kept.has(pointer)));
  };
  return (
    <Dialog title={say("title")} about={say("about")} isOpen isWide onClose={onClose}>
      {forks.length === 0 && <p class="mb-3">{say("same")}</p>}
      {forks.length > 1 && (
        <div class="mb-3 flex flex-wrap gap-2">
          <Button onClick={all(true)}>{say("allMine")}</Button>
          <Button onClick={all(false)}>{say("allTheirs")}</Button>
        </div>
      )}
      <div class="flex flex-col gap-3">
        {forks.map((fork) => (
          <Fork
            key={fork.pointer}
            fork={fork}
            isMine={isMine(fork)}
            onChoose={(mineWins) => setChosen(new Map([...chosen, [fork.pointer, mineWins]]))}
          />
        ))}
      </div>
      <div class="mt-4 flex justify-end">
        <Button look="primary" onClick={resolve}>
          {say("apply")}
        </Button>
      </div>
    </Dialog>
  );
}

function Fork(props: {
  readonly fork: JsonFork;
  readonly isMine: boolean;
  readonly onChoose: (mineWins: boolean) => void;
}) {
  const say = useStrings(conflictStrings);
  const { fork, isMine, onChoose } = props;
  const whose = isOnlyTheirs(fork) ? "onlyTheirs" : isOnlyMine(fork) ? "onlyMine" : "both";
  return (
    <fieldset class="min-w-0 rounded-md border border-line p-2">
      <legend class="px-1">
        <code class="text-xs font-semibold break-all">{fork.pointer}</code>{" "}
        <span class={`text-xs ${whose === "both" ? "text-warn" : "text-muted"}`}>{say(whose)}</span>
      </legend>
      <p class="mb-2 text-xs text-muted">
        {say("was")}: <code class="break-all whitespace-pre-wrap">{jsonText(fork.base)}</code>
      </p>
      <div class="grid gap-2 sm:grid-cols-2">
        <Side
          name={fork.pointer}
          label={say("keepMine")}
          text={jsonText(fork.mine)}
          isChosen={isMine}
          onChoose={() => onChoose(true)}
        />
        <Side
          name={fork.pointer}
          label={say("takeTheirs")}
          text={jsonText(fork.theirs)}
          isChosen={!isMine}
          onChoose={() => onChoose(false)}
        />
      </div>
    </fieldset>
  );
}

function Side(props: {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  const look = props.isChosen ? "border-accent bg-accent-ground" : "border-line";
  return (
    <label class={`block min-w-0 cursor-pointer rounded-md border p-2 ${look}`}>
      <span class="flex items-center gap-2 font-medium">
        <input
          type="radio"
          name={`fork ${props.name}`}
          checked={props.isChosen}
          onChange={props.onChoose}
        />
        {props.label}
      </span>
      <code class="mt-1 block max-h-40 overflow-auto text-xs break-all whitespace-pre-wrap">
        {props.text}
      </code>
    </label>
  );
}

function isOnlyTheirs({ base, mine }: JsonFork): boolean {
  return isSameJson(base, mine);
}

function isOnlyMine({ base, theirs }: JsonFork): boolean {
  return isSameJson(base, theirs);
}
