import type { Job } from "../../src/core/job.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import type { HostCall } from "./host-inbox.ts";
import type { JobStory } from "./job-story.ts";
import { hold, type Scene } from "./scene.ts";

/** Jobs that a command resumes in the transaction under way, by name, and how their ticks are caught up. */
export class Resumes {
  readonly #asked = new Map<string, "skip" | "latest" | "all" | null>();

  note({ kind, input }: HostCall, reply: ShardReply<ShardCommandKind>): void {
    if (kind !== "job.resume" || !("missed" in input) || !reply.ok) return;
    if ("view" in reply.value && "job" in reply.value.view)
      this.#asked.set(reply.value.view.job.spec.name, input.missed);
  }

  /** T6: a pause ends when its time is over, or when somebody says so. */
  check(scene: Scene, known: JobStory, { spec }: Job, nowMs: number): void {
    const asked = this.#asked.get(spec.name);
    const untilMs = known.row.pause?.untilMs ?? Number.POSITIVE_INFINITY;
    const mayEnd = asked !== undefined || untilMs <= nowMs;
    hold("T6 a pause lasts", mayEnd, () => `${spec.name} before ${untilMs}`);
    known.resumedBy = asked ?? spec.misfire.policy;
    if (asked === undefined) scene.reach("job: resumes by itself");
  }

  clear(): void {
    this.#asked.clear();
  }
}
