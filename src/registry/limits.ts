/** Every bound of one keeper, in one place. Durations in milliseconds. */
export const KEEPER_LIMITS = {
  /** How often a node is asked to beat, and how often one that does not is probed. */
  beatEveryMs: 10_000,
  /** Silence after which a node is suspect: two beats were lost. */
  suspectAfterMs: 25_000,
  /** Silence after which it counts as dead. */
  offlineAfterMs: 60_000,
  /** How long a node that registered itself is remembered after it went. */
  forgetAfterMs: 86_400_000,
  /** Beats are stored this often, so those that a wake-up finds may be so much older than the truth. */
  beatsEveryMs: 5_000,
  /** A keeper that looks so much later than it meant to was away itself. */
  lateMs: 5_000,
  /** A clock that falls back by less than this is only slow. */
  stepBackMs: 1_000,
  nodesMax: 1_000,
  /** Used tokens remembered at once. */
  tokensMax: 10_000,
  /** A token is accepted for so long after its end, because clocks differ. */
  tokenToleranceMs: 30_000,
  eventsMax: 1_000,
  /** Events beyond `eventsMax` that gather before they are deleted together. */
  eventsSlack: 100,
  /** How long the first answer to an idempotency key is kept. */
  idempotencyMs: 86_400_000,
  /** Expired answers deleted by one command that adds one. */
  purgeRows: 4,
  /** Error rates are over this window, counted in pieces. */
  errorWindowMs: 300_000,
  errorPieceMs: 10_000,
  /** After a node has left in good order it may still answer for a while: probes leave it alone. */
  leftAloneMs: 60_000,
} as const;
