import type { OverlapPolicy } from "./job.ts";
import type { Words } from "./schedule-words.ts";
import type { Tick } from "./tick.ts";

/** Why a tick found no room beside the live runs of its job. */
export function explainCrowded(tick: Tick): Words {
  const { evidence } = tick;
  const { live, limit, blockedBy, overlap } = evidence ?? {};
  if (live === undefined || limit === undefined)
    return {
      en: "As many runs of the job as it may have had not ended.",
      zh: "任务未结束的运行数已达上限。",
    };
  const oldest =
    blockedBy === undefined
      ? { en: "", zh: "" }
      : { en: `, the oldest of them ${blockedBy}`, zh: `（最早的是 ${blockedBy}）` };
  const rule = RULES[overlap ?? "skip"];
  return {
    en:
      `${live} ${live === 1 ? "run" : "runs"} of the job had not ended${oldest.en}, ` +
      `and ${limit} may run at a time. ${rule.en}`,
    zh: `任务有 ${live} 个运行未结束${oldest.zh}，同时最多运行 ${limit} 个。${rule.zh}`,
  };
}

/** What each overlap policy says of a tick for which there is no room. */
const RULES: Readonly<Record<OverlapPolicy, Words>> = {
  skip: {
    en: 'By the overlap policy "skip" no other one waits for its turn.',
    zh: "按重叠策略“skip”，不再有运行排队等待。",
  },
  buffer_one: {
    en: 'By the overlap policy "buffer_one" one more may wait for its turn, and one did.',
    zh: "按重叠策略“buffer_one”，只可有一个运行排队等待，而该位置已被占用。",
  },
  buffer_all: {
    en:
      'By the overlap policy "buffer_all" the others wait for their turn, and as many as may ' +
      "wait did.",
    zh: "按重叠策略“buffer_all”，其余运行排队等待，而队列已满。",
  },
  allow: {
    en: "Beyond that runs wait for their turn, and as many as may wait did.",
    zh: "超出部分排队等待，而队列已满。",
  },
  cancel_other: {
    en: 'By the overlap policy "cancel_other" a newer run takes their place.',
    zh: "按重叠策略“cancel_other”，由较新的运行取代。",
  },
};
