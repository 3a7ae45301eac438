type Body = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;
const QUICK_RETRY = {
  max: 2,
  backoff: { kind: "exponential", base: "100ms", factor: 1, max: "100ms" },
  jitter: "none",
};
const NEVER_AGAIN = { max: 0 };

/** Where the jobs of a seeded world go. */
export interface SeedTargets {
  /** Answers at once and well. */
  readonly well: string;
  /** Has lost its database. */
  readonly broken: string;
  /** Fails every other time. */
  readonly flaky: string;
}

const work = (handler: string, executor = "orders"): Body => ({
  kind: "executor",
  executor,
  handler,
});
const hook = (url: string): Body => ({ kind: "webhook", url });

/** Bodies of `POST /jobs`: every kind of schedule and of target, as a small company would have them. */
export function seedJobs(urls: SeedTargets, nowMs: number): readonly Body[] {
  return [
    ...jobsOfTheClock(urls),
    ...jobsOfOneTime(urls, nowMs),
    ...jobsOnDemand(),
    ...pausedJobs(urls),
  ];
}

/** What is paused right after it was created, and why. */
export const PAUSES: Readonly<Record<string, Body>> = {
  "legacy-export": { reason: "Waits for the new SFTP account of the bank." },
  "marketing-mail": { reason: "大促期间暂停群发邮件" },
};

function jobsOfTheClock(urls: SeedTargets): readonly Body[] {
  return [
    {
      name: "nightly-report",
      description: "Accounts of the day, as PDF to finance. 每日财务报表，工作日凌晨两点生成",
      owner: "finance",
      tags: ["finance", "report", "每日"],
      schedule: {
        kind: "cron",
        cron: "0 2 * * *",
        timezone: "Asia/Shanghai",
        calendar: { name: "cn-workdays", roll: "next" },
      },
      target: work("report"),
      params: { format: "pdf", accounts: 100 },
      timeout: "2h",
    },
    {
      name: "billing-sync",
      description: "对账：把支付网关的流水同步到账务库",
      owner: "payments",
      tags: ["finance", "critical"],
      schedule: { kind: "cron", cron: "*/5 * * * *", timezone: "Asia/Shanghai" },
      target: hook(urls.broken),
      retry: QUICK_RETRY,
      timeout: "30s",
      priority: 50,
    },
    {
      name: "heartbeat",
      description: "Tells the status page that ticks come on time.",
      tags: ["ops"],
      schedule: { kind: "every", every: "10s" },
      target: hook(urls.well),
      overlap: "allow",
    },
    {
      name: "market-open-check",
      description: "Quarter-hourly while the New York exchange is open.",
      owner: "trading",
      tags: ["trading"],
      schedule: {
        kind: "cron",
        cron: "0 0/15 9-16 ? * MON-FRI",
        dialect: "quartz",
        timezone: "America/New_York",
        dst: { gap: "shift", fold: "first" },
      },
      target: work("settle"),
    },
    {
      name: "inventory-snapshot",
      description: "库存快照。The warehouse answers every other time; retries hide it.",
      tags: ["warehouse", "仓储"],
      schedule: { kind: "every", every: "15m", jitter: "30s" },
      target: hook(urls.flaky),
      retry: QUICK_RETRY,
    },
    {
      name: "transcode-queue",
      description: "Waits for nodes of the media executor, of which there is none.",
      owner: "media",
      tags: ["media"],
      schedule: { kind: "every", every: "30m" },
      target: work("transcode", "media"),
    },
    {
      name: "etl-daily",
      description: "Starts the workflow etl each morning. 每天早晨启动数据管道",
      owner: "data",
      tags: ["data", "etl"],
      schedule: { kind: "cron", cron: "30 5 * * *", timezone: "Europe/Berlin" },
      target: { kind: "workflow", workflow: "etl" },
    },
  ];
}

function jobsOfOneTime(urls: SeedTargets, nowMs: number): readonly Body[] {
  return [
    {
      name: "cleanup-sessions",
      description: "Removes what has expired, and begins again a minute after its own end.",
      tags: ["ops"],
      schedule: { kind: "after", delay: "1m" },
      target: hook(urls.well),
    },
    {
      name: "year-end-close",
      description: "年终结账，只运行一次",
      owner: "finance",
      tags: ["finance"],
      schedule: { kind: "at", at: new Date(nowMs + 40 * DAY_MS).toISOString() },
      target: work("settle"),
      startWithin: "1h",
    },
  ];
}

function jobsOnDemand(): readonly Body[] {
  return [
    {
      name: "reindex-search",
      description: "Four shards of the index, over all nodes. 重建搜索索引",
      owner: "search",
      tags: ["search", "sharded"],
      schedule: { kind: "manual" },
      target: work("slice"),
      sharding: { mode: "count", total: 4 },
    },
    {
      name: "migrate-customers",
      description: "Breaks at customer 4711 with a stack of its own.",
      owner: "crm",
      tags: ["crm"],
      schedule: { kind: "manual" },
      target: work("migrate"),
      retry: NEVER_AGAIN,
    },
    {
      name: "markup-in-text",
      description: "<img src=x onerror=alert(1)> <b>stays text</b>, as do ${this} and {{that}}.",
      tags: ["<script>"],
      schedule: { kind: "manual" },
      target: work("settle"),
      params: { html: "</script><script>alert(1)</script>" },
    },
  ];
}

function pausedJobs(urls: SeedTargets): readonly Body[] {
  return [
    {
      name: "legacy-export",
      description: "CSV to the bank, until its API is ready.",
      owner: "payments",
      tags: ["finance", "legacy"],
      schedule: { kind: "cron", cron: "15 23 * * 1-5", timezone: "Asia/Tokyo" },
      target: hook(urls.well),
    },
    {
      name: "marketing-mail",
      description: "每周一上午十点发送营销邮件",
      owner: "marketing",
      tags: ["mail", "营销"],
      schedule: { kind: "cron", cron: "0 10 * * 1", timezone: "Asia/Shanghai" },
      target: work("settle"),
    },
  ];
}
