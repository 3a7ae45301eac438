import type { AuditNote, AuditTrail } from "../src/ports/audit.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { Env } from "./env.ts";

/** What an audit object does for the Worker. Everything that crosses is plain data. */
export interface AuditRpc {
  append(deployment: Deployment, note: AuditNote): Promise<void>;
  /** Tells the records what they do not have yet, and sees to it that the alarm is armed. */
  watchdog(): Promise<void>;
}

/** The epoch, as in the names of shards: another layout gets other names. */
const PREFIX = "v1:a:";
/** An object that is just being moved answers the second time. */
const TRIES_MAX = 3;

export function auditName(namespace: string): string {
  return PREFIX + namespace;
}

/** The namespace in an audit object's name; null for any other name. */
export function namespaceOfAudit(name: string): string | null {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
}

/** A stub for one call or a few: after an error it is not to be used again. */
export function auditStub(env: Pick<Env, "AUDIT">, namespace: string): AuditRpc {
  // `AuditObject` implements this interface; the types of stubs cannot carry its recursive JSON.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names that class.
  return env.AUDIT.getByName(auditName(namespace)) as unknown as AuditRpc;
}

/**
 * The audit log of a deployment: each namespace has its own object. Where the way to the object fails the note is sent
 * again, so that none is lost; should only its confirmation have been lost, it is there twice.
 */
export class DurableAudit implements AuditTrail {
  readonly #env: Pick<Env, "AUDIT">;
  readonly #deployment: Deployment;

  constructor(env: Pick<Env, "AUDIT">, deployment: Deployment) {
    this.#env = env;
    this.#deployment = deployment;
  }

  async append(note: AuditNote): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- The next try is only for a failure.
        await auditStub(this.#env, note.namespace).append(this.#deployment, note);
        return;
      } catch (error) {
        if (tries >= TRIES_MAX || !isRetryable(error)) throw error;
      }
    }
  }
}

/** The platform says of an error whether the same call may succeed. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}
