import type { AuditNote } from "../../src/ports/audit.ts";

/** What an editor's change of the job `a` is written down as. */
export function anAuditNote(more: Partial<AuditNote> = {}): AuditNote {
  return {
    atMs: 1_790_000_000_000,
    namespace: "default",
    actor: { kind: "user", id: "usr_1", name: "ada" },
    action: "job.patch",
    method: "PATCH",
    path: "/api/v1/jobs/a",
    status: 200,
    object: { kind: "job", id: "a" },
    before: null,
    after: null,
    changed: [],
    address: null,
    requestId: "r",
    ...more,
  };
}
