import { useDeferredValue, useRef, useState } from "preact/compat";
import { useLocation } from "wouter";
import { useApi } from "../api/use-api.ts";
import type { ExecutorJson, JobJson, PageJson, WorkflowListedJson } from "../api/shapes.ts";
import { useStrings, type Say } from "../i18n/strings.ts";
import { Dialog } from "../kit/dialog.tsx";
import { PLACES } from "./places.ts";
import { useMay } from "./me.ts";
import { shellStrings } from "./strings.ts";

const FOUND_MAX = 8;
const RUN_ID = /^(run|wr)_[0-9a-z_]{6,}$/;

interface Entry {
  readonly label: string;
  readonly kind: string;
  readonly href: string;
}

/** Goes anywhere by a name or an id: pages, jobs, workflows, executors, runs. */
export function Palette(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const say = useStrings(shellStrings);
  return (
    <Dialog title={say("palette")} isOpen={props.isOpen} onClose={props.onClose}>
      <Finder onClose={props.onClose} />
    </Dialog>
  );
}

function Finder({ onClose }: { readonly onClose: () => void }) {
  const say = useStrings(shellStrings);
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const entries = useEntries(text.trim());
  const current = Math.min(at, Math.max(0, entries.length - 1));
  const go = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    navigate(entry.href);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((current + step + entries.length) % Math.max(1, entries.length));
    } else if (event.key === "Enter") go(entries[current]);
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label={say("palette")}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${current}`}
        placeholder={say("paletteHint")}
        class="w-full rounded-md border border-line-strong bg-surface px-3 py-2"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" ref={list} role="listbox" aria-label={say("palette")} class="mt-2">
        {entries.map((entry, place) => (
          <li
            key={entry.href}
            id={`palette-${place}`}
            role="option"
            aria-selected={place === current}
            onClick={() => go(entry)}
            class={`flex cursor-pointer gap-2 rounded px-2 py-1.5 ${place === current ? "bg-accent-ground" : ""}`}
          >
            <span class="min-w-0 truncate">{entry.label}</span>
            <span class="ml-auto text-xs text-muted">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p class="p-2 text-muted">{say("nothingFound")}</p>}
    </>
  );
}

function useEntries(text: string): readonly Entry[] {
  const say = useStrings(shellStrings);
  const canEdit = useMay("editor");
  const q = useDeferredValue(text);
  const named = useNamed(q === "" || RUN_ID.test(q) ? null : q);
  if (RUN_ID.test(text)) return [runEntry(text, say)];
  return [...placesOf(say, canEdit).filter(({ label }) => includes(label, text)), ...named];
}

/** What has a text in its name: jobs, workflows, executors. */
function useNamed(q: string | null): readonly Entry[] {
  const say = useStrings(shellStrings);
  const asked = (path: string): string | null =>
    q === null ? null : `${path}?limit=${FOUND_MAX}&q=${encodeURIComponent(q)}`;
  const jobs = useApi<PageJson<JobJson>>(asked("/jobs"), KEPT);
  const flows = useApi<PageJson<WorkflowListedJson>>(asked("/workflows"), KEPT);
  const executors = useApi<PageJson<ExecutorJson>>(q === null ? null : "/executors", KEPT);
  if (q === null) return [];
  const found = (executors.data?.items ?? [])
    .filter(({ name, appKey }) => includes(`${name} ${appKey}`, q))
    .slice(0, FOUND_MAX);
  return [
    ...entriesOf(jobs.data?.items ?? [], say("jobs"), "/jobs/"),
    ...entriesOf(flows.data?.items ?? [], say("workflows"), "/workflows/"),
    ...found.map(({ name, appKey }) => ({
      label: name,
      kind: say("executors"),
      href: `/executors/${appKey}`,
    })),
  ];
}

const KEPT = { isKept: true } as const;

function entriesOf(
  items: readonly { readonly name: string }[],
  kind: string,
  path: string,
): readonly Entry[] {
  return items.map(({ name }) => ({
    label: name,
    kind,
    href: `${path}${encodeURIComponent(name)}`,
  }));
}

function runEntry(id: string, say: Say<keyof (typeof shellStrings)["en"]>): Entry {
  return id.startsWith("wr_")
    ? { label: id, kind: say("workflowRuns"), href: `/workflow-runs/${id}` }
    : { label: id, kind: say("runs"), href: `/runs/${id}` };
}

function placesOf(say: Say<keyof (typeof shellStrings)["en"]>, canEdit: boolean): readonly Entry[] {
  const made = [
    { label: say("newJob"), kind: say("jobs"), href: "/jobs/new" },
    { label: say("newWorkflow"), kind: say("workflows"), href: "/workflows/new" },
    { label: say("newExecutor"), kind: say("executors"), href: "/executors/new" },
  ];
  const pages = PLACES.map(({ key, href }) => ({ label: say(key), kind: "", href }));
  return [
    ...pages,
    { label: say("workflowRuns"), kind: "", href: "/workflow-runs" },
    ...(canEdit ? made : []),
  ];
}

function includes(label: string, text: string): boolean {
  return label.toLowerCase().includes(text.toLowerCase());
}
