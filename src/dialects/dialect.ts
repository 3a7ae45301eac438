import type { KeyObject } from "node:crypto";
import type { Answer } from "../core/answer.ts";
import type { Delivery, Route } from "../ports/dispatcher.ts";
import type { EgressAnswer, EgressRequest } from "../ports/egress.ts";

/** A delivery whose route is of one kind. */
export type DeliveryOf<K extends Route["kind"]> = Omit<Delivery, "route"> & {
  readonly route: Extract<Route, { readonly kind: K }>;
};

/**
 * What a dialect needs of the deployment. The keys are opened, and kept, by whoever provides them.
 */
export interface DialectContext {
  readonly deploymentId: string;
  readonly callbackUrl: string;
  readonly nowMs: number;
  callbackToken(delivery: Pick<Delivery, "runId" | "attempt" | "sentMs" | "timeoutMs">): string;
  webhookKey(namespace: string, generation: number): KeyObject;
  /** Throws when the secret was not sealed for this executor by this deployment. */
  executorKey(namespace: string, appKey: string, sealedSecret: string): KeyObject;
}

/** How one kind of target is spoken to: a file of its own for each. */
export interface Dialect<K extends Route["kind"]> {
  encode(delivery: DeliveryOf<K>, context: DialectContext): EgressRequest;
  decode(answer: EgressAnswer, delivery: DeliveryOf<K>, nowMs: number): Answer;
}
