import { useCallback, useEffect, useMemo, useState } from "preact/compat";
import { useLocation } from "wouter";
import type { Json } from "../../../../src/core/json.ts";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { JobFullJson, JobJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { faultAt } from "../../kit/field.tsx";
import { isSameJson } from "../../kit/json-changes.ts";
import { withJsonAt, type JsonObject } from "../../kit/json-pointer.ts";
import { spanText } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { jobHref, jobPath } from "./copy-as-curl.ts";
import { forgetDraft, readDraft, writeDraft, type StoredDraft } from "./draft-store.ts";
import type { JobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";
import { definitionOf } from "./job-definition.ts";
import type { JobEditorProps } from "./job-editor.tsx";

const SAID_MS = 10_000;

/** A save that somebody else was quicker with. */
interface Conflict {
  readonly base: JsonObject;
  readonly theirs: JsonObject;
  readonly etag: string | null;
}

/** What a save goes over. */
interface Over {
  readonly body: JsonObject;
  readonly etag: string | null;
}

/** The draft of a job, kept while the tab is open, and what saves it. */
export function useJobEditor({ name, draftKey, start, etag }: JobEditorProps) {
  const fresh: StoredDraft = { draft: start, base: name === null ? null : start, etag };
  const [kept] = useState(() => readDraft(draftKey));
  const [state, setState] = useState<StoredDraft>(kept ?? fresh);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const unread = useUnread();
  const save = useChange<Over, JobJson>(({ body, etag: ifMatch }) =>
    name === null
      ? { method: "POST", path: "/jobs", body }
      : { method: "PUT", path: jobPath(name), body, ifMatch },
  );
  const isTouched = !isSameJson(state.draft, start);
  useEffect(() => {
    if (isTouched) writeDraft(draftKey, state);
  }, [draftKey, state, isTouched]);
  const replace = useCallback((draft: JsonObject) => setState((old) => ({ ...old, draft })), []);
  const saved = useSaved(draftKey);
  const send = async (over: Over): Promise<void> => {
    try {
      saved(await save.send(over), name === null);
    } catch (error) {
      const isConflict = error instanceof Problem && error.code === "version.conflict";
      if (!isConflict || name === null) return;
      save.reset();
      setConflict(await theirsOf(name, state.base ?? start));
    }
  };
  const form = useForm(state.draft, setState, unread, save.problem);
  return {
    form,
    replace,
    conflict,
    problem: save.problem,
    isSaving: save.isPending,
    canSave: unread.faults.size === 0,
    isRestored: kept !== null && isTouched,
    discard: () => {
      forgetDraft(draftKey);
      setState(fresh);
    },
    save: () => {
      send({ body: state.draft, etag: state.etag }).catch(toastFailure);
    },
    dismiss: () => setConflict(null),
    resolve: (merged: JsonObject) => {
      if (conflict === null) return;
      setConflict(null);
      setState({ draft: merged, base: conflict.theirs, etag: conflict.etag });
      send({ body: merged, etag: conflict.etag }).catch(toastFailure);
    },
  };
}

interface Unread {
  readonly faults: ReadonlyMap<string, string>;
  readonly set: (pointer: string, message: string | null) => void;
}

/** Fields whose text is no value. */
function useUnread(): Unread {
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const set = useCallback((pointer: string, message: string | null) => {
    setFaults((before) => {
      if ((before.get(pointer) ?? null) === message) return before;
      const others = [...before].filter(([other]) => other !== pointer);
      return new Map(message === null ? others : [...others, [pointer, message]]);
    });
  }, []);
  return { faults, set };
}

function useForm(
  draft: JsonObject,
  setState: (change: (old: StoredDraft) => StoredDraft) => void,
  unread: Unread,
  problem: Problem | null,
): JobForm {
  const set = useCallback(
    (pointer: string, value: Json | undefined) =>
      setState((old) => ({ ...old, draft: withJsonAt(old.draft, pointer, value) })),
    [setState],
  );
  return useMemo(
    () => ({
      draft,
      set,
      setUnread: unread.set,
      faultAt: (pointer: string) => unread.faults.get(pointer) ?? faultAt(problem, pointer),
    }),
    [draft, set, unread, problem],
  );
}

/** What happens when a job was saved: it says what comes next, and goes there. */
function useSaved(draftKey: string): (job: JobJson, isNew: boolean) => void {
  const say = useStrings(formStrings);
  const [, navigate] = useLocation();
  return ({ name, nextTick }, isNew) => {
    forgetDraft(draftKey);
    const ms = nextTick === null ? null : Math.max(0, Date.parse(nextTick) - Date.now());
    const key = isNew ? "created" : "saved";
    const soon = isNew ? "createdFirst" : "savedNext";
    const next = ms === null ? say("savedNoNext") : say(soon, { time: spanText(ms) });
    toast(`${say(key, { name })} ${next}`, null, SAID_MS);
    navigate(jobHref(name));
  };
}

async function theirsOf(name: string, base: JsonObject): Promise<Conflict> {
  const { body, etag } = await call<JobFullJson>("GET", jobPath(name));
  return { base, theirs: definitionOf(body), etag };
}
