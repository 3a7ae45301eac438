import type { KeyObject } from "node:crypto";
import type { Answer } from "../core/answer.ts";
import type { CancelNotice, Delivery, Route } from "../ports/dispatcher.ts";
import type { EgressAnswer, EgressRequest } from "../ports/egress.ts";
import type { ProbeAnswer, ProbeTarget } from "../ports/node-probe.ts";

/** A delivery whose route is of one kind. */
export type DeliveryOf<K extends Route["kind"]> = Omit<Delivery, "route"> & {
  readonly route: Extract<Route, { readonly kind: K }>;
};

/** What it takes to speak to an executor in the deployment's name. */
export interface SigningContext {
  readonly deploymentId: string;
  readonly nowMs: number;
  /** Throws when the secret was not sealed for this executor by this deployment. */
  executorKey(namespace: string, appKey: string, sealedSecret: string): KeyObject;
}

/**
 * What a dialect needs of the deployment. The keys are opened, and kept, by whoever provides them.
 */
export interface DialectContext extends SigningContext {
  readonly callbackUrl: string;
  callbackToken(delivery: Pick<Delivery, "runId" | "attempt" | "sentMs" | "timeoutMs">): string;
  webhookKey(namespace: string, generation: number): KeyObject;
}

/** How one kind of target is spoken to: a file of its own for each. */
export interface Dialect<K extends Route["kind"]> {
  encode(delivery: DeliveryOf<K>, context: DialectContext): EgressRequest;
  decode(answer: EgressAnswer, delivery: DeliveryOf<K>, nowMs: number): Answer;
}

/** What a node said of itself; how long it took is measured by whoever asks. */
export type SaidOfItself = Pick<ProbeAnswer, "handlers" | "inFlight" | "appKey"> & {
  /** Its clock, when it said so. */
  readonly nowMs: number | null;
};

/** All that is ever said to the nodes of executors. */
export interface ExecutorDialect extends Dialect<"executor"> {
  encodeCancel(notice: CancelNotice, context: SigningContext): EgressRequest;
  /** Whether the node says that the run is not under way there any more. */
  decodeCancel(answer: EgressAnswer): boolean;
  encodeProbe(target: ProbeTarget, context: SigningContext): EgressRequest;
  decodeProbe(answer: EgressAnswer): SaidOfItself;
}
