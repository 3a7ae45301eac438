import type { JsonObject } from "../../kit/json-pointer.ts";
import { zoneNow } from "../../shell/zone.ts";

export const TEMPLATES = ["webhook", "nightly", "executor", "workflow", "once"] as const;
export type Template = (typeof TEMPLATES)[number];

const HOUR_MS = 3_600_000;

/** The definition that a new job begins with. */
export function templateDraft(template: Template): JsonObject {
  const timezone = zoneNow();
  switch (template) {
    case "webhook":
      return {
        name: "",
        schedule: { kind: "every", every: "5m", timezone },
        target: { kind: "webhook", url: "https://", method: "POST", body: { hello: "world" } },
      };
    case "nightly":
      return {
        name: "",
        schedule: { kind: "cron", cron: "30 2 * * *", dialect: "standard", timezone },
        target: { kind: "webhook", url: "https://", method: "POST" },
        timeout: "10m",
      };
    case "executor":
      return {
        name: "",
        schedule: { kind: "every", every: "15m", timezone },
        target: { kind: "executor", executor: "", handler: "" },
        timeout: "5m",
      };
    case "workflow":
      return {
        name: "",
        schedule: { kind: "cron", cron: "0 3 * * *", dialect: "standard", timezone },
        target: { kind: "workflow", workflow: "" },
      };
    case "once":
      return {
        name: "",
        schedule: { kind: "at", at: new Date(nextHourMs()).toISOString() },
        target: { kind: "webhook", url: "https://", method: "POST" },
      };
    default:
      return { name: "" };
  }
}

function nextHourMs(): number {
  return Math.ceil((Date.now() + HOUR_MS / 2) / HOUR_MS) * HOUR_MS;
}
