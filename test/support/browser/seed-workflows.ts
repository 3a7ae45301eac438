type Body = Readonly<Record<string, unknown>>;

const NEVER_AGAIN = { max: 0 };
const does = (handler: string): Body => ({ executor: "orders", handler });

/** Bodies of `POST /workflows`: one that goes well, one that waits for a person, one that fails, one that lasts. */
export const SEED_WORKFLOWS: readonly Body[] = [
  {
    name: "etl",
    description: "Orders of the day into the warehouse. 把当天订单写入数据仓库",
    owner: "data",
    tags: ["data", "etl"],
    params: { day: "2026-11-20" },
    steps: [
      { name: "extract", run: does("extract"), params: { day: "${params.day}" } },
      {
        name: "clean",
        after: ["extract"],
        map: { over: "${steps.extract.output.files}", concurrencyMax: 2 },
        run: does("clean"),
        params: { file: "${item}" },
      },
      { name: "check", after: ["extract"], run: does("check") },
      {
        name: "alarm",
        after: ["check"],
        when: "steps.check.output.suspicious > 0",
        run: does("settle"),
      },
      { name: "load", after: ["clean", "alarm"], join: "all_done", run: does("settle") },
      { name: "settle-down", after: ["load"], sleep: "100ms" },
    ],
  },
  {
    name: "order-approval",
    description: "大额订单需要经理审批",
    owner: "sales",
    tags: ["sales", "审批"],
    params: { order: "A-1024", sum: 88_000 },
    steps: [
      { name: "prepare", run: does("settle") },
      { name: "approve", after: ["prepare"], approval: { timeout: "3d", onTimeout: "reject" } },
      { name: "ship", after: ["approve"], run: does("settle") },
      { name: "invoice", after: ["approve"], run: does("settle") },
      { name: "paid", after: ["invoice"], waitFor: { event: "paid", timeout: "14d" } },
    ],
  },
  {
    name: "refund",
    description: "Money back to the customer; what was booked is undone when the bank refuses.",
    owner: "payments",
    tags: ["finance"],
    steps: [
      {
        name: "book",
        run: does("settle"),
        compensate: { run: does("settle"), params: { undo: true } },
      },
      { name: "transfer", after: ["book"], run: does("refuse"), retry: NEVER_AGAIN },
      { name: "tell-customer", after: ["transfer"], run: does("settle") },
    ],
  },
  {
    name: "video-pipeline",
    description: "Six clips, two at a time; 视频转码",
    owner: "media",
    tags: ["media"],
    steps: [
      { name: "fetch", run: does("extract") },
      {
        name: "transcode",
        after: ["fetch"],
        map: { over: "${[1, 2, 3, 4, 5, 6]}", concurrencyMax: 2 },
        run: does("hold"),
        timeout: "2h",
      },
      { name: "publish", after: ["transcode"], run: does("settle") },
    ],
  },
];
