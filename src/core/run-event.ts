import type { Answer } from "./answer.ts";
import type { Json } from "./json.ts";
import type { EndedState, RunError } from "./run.ts";

/** Everything that can happen to a run. `draw` is from [0, 1): it chooses within the band of a backoff. */
export type RunEvent =
  | Started
  | AnsweredEvent
  | CalledBack
  | Extended
  /** Its due time has come: a deadline, a lease or a grace ended, or no time is left for a retry. */
  | Expired
  /** After a crash nobody carries its delivery any more. */
  | { readonly kind: "orphaned"; readonly nowMs: number; readonly draw: number }
  /** It ends now, whatever its executor is doing. */
  | Canceled
  /** It is to end: at once where no executor is at it, else when the executor has stopped. */
  | { readonly kind: "cancel_requested"; readonly nowMs: number; readonly reason: string | null }
  /** The node says that this attempt is not under way there any more. */
  | { readonly kind: "cancel_confirmed"; readonly nowMs: number; readonly attempt: number }
  /** The node of its newest attempt is gone, and was sent it before. */
  | NodeLost
  /** Others were canceled for it, and their deliveries are out: it starts at `untilMs` at the latest. */
  | { readonly kind: "held"; readonly untilMs: number }
  /** The last of those deliveries has come back. */
  | { readonly kind: "released"; readonly nowMs: number }
  /** Its turn came, and it has become so many slices. */
  | { readonly kind: "split"; readonly nowMs: number; readonly total: number }
  /** Its turn came, and it could not be split: a failed attempt. */
  | Unsplit
  | SlicesEnded
  /** The bound on a split run's life has come, and so many of its slices live. */
  | { readonly kind: "overdue"; readonly nowMs: number; readonly liveSlices: number };

export interface Started {
  readonly kind: "started";
  readonly nowMs: number;
  readonly node: string | null;
}

export interface AnsweredEvent {
  readonly kind: "answered";
  readonly nowMs: number;
  readonly attempt: number;
  readonly send: number;
  readonly answer: Answer;
  readonly status: number | null;
  readonly phases: { readonly [phase: string]: number } | null;
  /** The address of the node that answered, which may be another than the one chosen; null changes nothing. */
  readonly node: string | null;
  readonly draw: number;
}

export interface CalledBack {
  readonly kind: "called_back";
  readonly nowMs: number;
  readonly attempt: number;
  /** `canceled`: the handler has stopped as it was asked to. */
  readonly status: "succeeded" | "failed" | "canceled";
  readonly result: Json;
  readonly resultTruncated: boolean;
  readonly error: RunError | null;
  readonly retry: boolean;
  readonly digest: string;
  readonly draw: number;
}

/** The executor's word that an attempt goes on. */
export interface Extended {
  readonly kind: "extended";
  readonly nowMs: number;
  readonly attempt: number;
  /** Null leaves the progress as it was. */
  readonly progress: { readonly percent: number | null; readonly message: string | null } | null;
}

export interface Expired {
  readonly kind: "expired";
  readonly nowMs: number;
  readonly draw: number;
}

export interface Canceled {
  readonly kind: "canceled";
  readonly nowMs: number;
  readonly reason: string | null;
}

export interface NodeLost {
  readonly kind: "node_lost";
  readonly nowMs: number;
  readonly draw: number;
}

export interface Unsplit {
  readonly kind: "unsplit";
  readonly nowMs: number;
  readonly error: RunError;
  readonly draw: number;
}

/** Slices of a split run have ended: each is told once. */
export interface SlicesEnded {
  readonly kind: "slices_ended";
  readonly nowMs: number;
  readonly ends: readonly { readonly index: number; readonly state: EndedState }[];
}
