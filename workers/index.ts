import { onMinute } from "./cron.ts";
import type { Env } from "./env.ts";
import { WorkerHost } from "./worker-host.ts";

export { AuditObject } from "./audit-object.ts";
export { Courier } from "./courier.ts";
export { ExecutorObject } from "./executor-object.ts";
export { LiveObject } from "./live-object.ts";
export { LoginObject } from "./login-object.ts";
export { QuotaObject } from "./quota-object.ts";
export { ShardObject } from "./shard-object.ts";

const host = new WorkerHost();

const worker = {
  fetch: (request, env) => host.fetch(request, env),
  scheduled: (controller, env) => onMinute(host, env, controller.scheduledTime),
} satisfies ExportedHandler<Env>;

// oxlint-disable-next-line import/no-default-export -- The Workers runtime reads the default export.
export default worker;
