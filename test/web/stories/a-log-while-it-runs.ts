import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { HandlerContext } from "../../../src/sdk/executor.ts";
import { createAutoExecutor, startNode } from "../../support/executor-node.ts";
import { button, heading, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const APP_KEY = "log-writers";
const JOB = "log-writer";
const MANY = 300;

/** The log of a handler is followed while it runs, read in peace, searched, and kept as a file. */
export async function followALog(world: StoryWorld): Promise<void> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<HandlerContext>();
  const { promise: ended, resolve: end } = Promise.withResolvers<null>();
  const write = (ctx: HandlerContext): Promise<null> => {
    begin(ctx);
    return ended;
  };
  const executor = await createAutoExecutor(world.client, APP_KEY);
  const node = await startNode(world.client, executor, { handlers: { write }, acceptAfterMs: 100 });
  try {
    const target = { kind: "executor", executor: APP_KEY, handler: "write" };
    await world.job({ name: JOB, target, timeout: "5m" });
    const open = await world.visit(`/runs/${await world.begun(JOB)}`);
    const { page } = open;
    const ctx = await begun;
    const log = page.getByRole("log");
    const bar = page.getByRole("progressbar", { name: "Progress" });
    const follow = page.getByRole("checkbox", { name: "Follow" });

    ctx.log.info("the first line");
    ctx.progress(10, "just begun");
    await shows(log.getByText("the first line"), page.getByText("just begun"));
    expect(await bar.getAttribute("aria-valuenow")).toBe("10");
    for (let i = 1; i <= MANY; i++) ctx.log.info(`line ${i}`);
    ctx.progress(60, "well under way");
    await shows(log.getByText(`line ${MANY}`, { exact: true }), page.getByText("well under way"));
    expect(await bar.getAttribute("aria-valuenow")).toBe("60");

    await log.hover();
    await page.mouse.wheel(0, -2_000);
    await expect.poll(() => follow.isChecked()).toBe(false);
    const before = await log.evaluate(({ scrollTop }) => scrollTop);
    ctx.log.warn("the needle");
    await shows(page.getByText(`${MANY + 2} lines`, { exact: false }));
    expect(await log.evaluate(({ scrollTop }) => scrollTop)).toBe(before);
    await page.getByRole("searchbox", { name: "Search the log" }).fill("the needle");
    await shows(page.getByText("1 of 1", { exact: true }), log.getByText("the needle"));

    const file = page.waitForEvent("download");
    await button(page, "Download .log").click();
    const lines = readFileSync(await (await file).path(), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(MANY + 2);
    expect(lines.at(-1)).toContain("the needle");
    end(null);
    await shows(heading(page, `Run of ${JOB}`), page.getByText("Succeeded", { exact: true }));
    await shows(page.getByText("complete"));
    await open.expectClean();
  } finally {
    end(null);
    await node.stop();
  }
}
