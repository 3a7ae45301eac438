import type { PingAnswer } from "./executors.ts";

/** What a node said of itself when it was asked. */
export interface ProbeAnswer extends PingAnswer {
  /** Null when it did not say. */
  readonly handlers: readonly string[] | null;
  readonly inFlight: number | null;
  /** Whose node it says it is; null when it did not say. */
  readonly appKey: string | null;
}

/** The node to ask, and the secret that signs the question. */
export interface ProbeTarget {
  readonly namespace: string;
  readonly appKey: string;
  readonly address: string;
  readonly sealedSecret: string;
}

/** Asks a node how it is: `GET {address}/tickwheel/health`, signed as a delivery is. Never rejects. */
export interface NodeProbe {
  probe(target: ProbeTarget): Promise<ProbeAnswer>;
}
