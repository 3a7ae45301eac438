import type { ExecutorNode } from "../ports/executors.ts";
import { KEEPER_LIMITS } from "./limits.ts";

// A node is online as long as it gives signs of life. Silence makes it suspect, then offline, and then it
// counts as dead (`lostMs`). A shard that could not reach it makes it suspect at once. One that leaves in
// good order is offline, too, but not dead: its runs go on. A sign of life brings it back from anywhere.
// Each function returns the very same node when nothing changes.

/** After a sign of life. */
export function heardFrom(node: ExecutorNode, nowMs: number): ExecutorNode {
  if (node.health === "online") return node;
  return {
    ...node,
    health: "online",
    healthSinceMs: nowMs,
    healthReason: null,
    lostMs: null,
  };
}

/** After silence since `heardMs`. */
export function afterSilence(node: ExecutorNode, heardMs: number, nowMs: number): ExecutorNode {
  if (node.health === "offline") return node;
  const silentMs = nowMs - heardMs;
  const went = { healthSinceMs: nowMs, healthReason: "silent" };
  if (silentMs >= KEEPER_LIMITS.offlineAfterMs)
    return { ...node, ...went, health: "offline", lostMs: nowMs };
  if (silentMs < KEEPER_LIMITS.suspectAfterMs || node.health === "suspect") return node;
  return { ...node, ...went, health: "suspect" };
}

/** After a shard could not reach it. */
export function afterReport(node: ExecutorNode, nowMs: number): ExecutorNode {
  if (node.health !== "online") return node;
  return { ...node, health: "suspect", healthSinceMs: nowMs, healthReason: "unreachable" };
}

/** After it has said that it leaves. One that already counted as dead stays so: its runs were given up. */
export function afterLeave(node: ExecutorNode, nowMs: number): ExecutorNode {
  if (node.healthReason === "left") return node;
  const healthSinceMs = node.health === "offline" ? node.healthSinceMs : nowMs;
  return { ...node, health: "offline", healthSinceMs, healthReason: "left" };
}

/** When further silence changes it next; null when it never does. */
export function silenceDueMs(node: ExecutorNode, heardMs: number): number | null {
  if (node.health === "offline") return null;
  const { suspectAfterMs, offlineAfterMs } = KEEPER_LIMITS;
  return heardMs + (node.health === "online" ? suspectAfterMs : offlineAfterMs);
}

/** When it is forgotten if it stays away; null when it is not. A listed one stays listed. */
export function forgetDueMs(node: ExecutorNode): number | null {
  if (node.source !== "beat" || node.health !== "offline") return null;
  return node.healthSinceMs + KEEPER_LIMITS.forgetAfterMs;
}
