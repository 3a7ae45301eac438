import type { ComponentChildren } from "preact";
import { useState } from "preact/compat";
import { call } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { useChange } from "../api/use-api.ts";
import { ConflictDialog } from "./conflict.tsx";
import { isSameJson } from "./json-changes.ts";
import type { JsonObject } from "./json-pointer.ts";

interface Versioned {
  readonly version: number;
}

interface Wish<T> {
  readonly path: string;
  /** What was read when the form was opened, and what of it the form changes, by the names of the body. */
  readonly base: T;
  readonly fieldsOf: (read: T) => JsonObject;
  readonly onSaved: (saved: T) => void;
  /**
   * Puts what came of a conflict into the form, which goes on from there. Without it the form stays as it was typed,
   * and a save that fails after a conflict asks again.
   */
  readonly onMerged?: (merged: JsonObject) => void;
}

interface GuardedSave {
  save(mine: JsonObject): void;
  readonly problem: Problem | null;
  readonly isPending: boolean;
  /** Where somebody else saved first: the choice between theirs and mine. Belongs below the form. */
  readonly conflict: ComponentChildren;
}

interface Sent {
  readonly body: JsonObject;
  readonly version: number;
}

/**
 * Saves what a form changed of something that others may change too. Only the changed fields are sent, for the
 * version that was read; where there is a newer one, both are laid side by side.
 */
export function useGuardedSave<T extends Versioned>(wish: Wish<T>): GuardedSave {
  const { path, fieldsOf, onSaved, onMerged } = wish;
  const [base, setBase] = useState(wish.base);
  const [fork, setFork] = useState<{ readonly mine: JsonObject; readonly theirs: T } | null>(null);
  const patch = useChange<Sent, T>(({ body, version }) => ({
    method: "PATCH",
    path,
    body,
    ifMatch: tagOf(version),
  }));
  const send = async (mine: JsonObject, over: T): Promise<void> => {
    try {
      const body = changesOf(fieldsOf(over), mine);
      onSaved(await patch.send({ body, version: over.version }));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "version.conflict") return;
      const theirs = await readAgain<T>(path);
      if (theirs !== null) setFork({ mine, theirs });
    }
  };
  const resolve = (merged: JsonObject, theirs: T): void => {
    setFork(null);
    if (onMerged !== undefined) {
      onMerged(merged);
      setBase(theirs);
    }
    void send(merged, theirs);
  };
  const isConflict = patch.problem?.code === "version.conflict";
  return {
    save: (mine) => void send(mine, base),
    problem: isConflict && fork !== null ? null : patch.problem,
    isPending: patch.isPending,
    conflict: fork !== null && (
      <ConflictDialog
        base={fieldsOf(base)}
        // What the form leaves out stays as it is.
        mine={{ ...fieldsOf(base), ...fork.mine }}
        theirs={fieldsOf(fork.theirs)}
        onResolve={(merged) => resolve(merged, fork.theirs)}
        onClose={() => setFork(null)}
      />
    ),
  };
}

/** The ETag of a version. */
export function tagOf(version: number): string {
  return `"${version}"`;
}

function changesOf(base: JsonObject, mine: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(mine).filter(([key, value]) => !isSameJson(base[key], value)),
  );
}

/** Null where that fails: then the refusal stands in the form as it is. */
async function readAgain<T>(path: string): Promise<T | null> {
  try {
    return (await call<T>("GET", path)).body;
  } catch {
    return null;
  }
}
