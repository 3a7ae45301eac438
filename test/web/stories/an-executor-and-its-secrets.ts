import { expect } from "vitest";
import type { Handlers } from "../../../src/sdk/executor.ts";
import { type ExecutorNode, startNode } from "../../support/executor-node.ts";
import { button, dialog, field, heading, hides, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const APP_KEY = "ledger";
const JOB = "ledger-close";
const HANDLERS: Handlers = { close: () => ({ closed: true }) };

/** An executor is made, its first node arrives, and its secret is exchanged while it goes on working. */
export async function exchangeASecret(world: StoryWorld): Promise<void> {
  const nodes: ExecutorNode[] = [];
  const open = await world.visit("/executors/new");
  const { page } = open;
  try {
    await field(page, "Name").fill("Ledger service");
    await field(page, "appKey").fill(APP_KEY);
    await button(page, "Make the executor").click();
    await shows(page.getByText("This appSecret is shown this once. Store it now."));
    const first = await secretIn(page.getByRole("main"));
    const { deployment } = await world.client.get("GET", `/executors/${APP_KEY}`, 200);
    const start = async (appSecret: string): Promise<void> => {
      const executor = { appKey: APP_KEY, appSecret, deployment };
      nodes.push(await startNode(world.client, executor, { handlers: HANDLERS }));
    };
    await shows(page.getByText("Waiting for its first node …"));
    await start(first);
    await shows(page.getByText("The first node is here."));
    await link(page, "Go to the executor").click();
    await shows(heading(page, "Ledger service"), page.getByText("1 of 1 nodes up"));
    expect(await page.content()).not.toContain(first);

    await page.getByRole("tab", { name: "Secrets" }).click();
    await button(page, "Make the next secret").click();
    const shown = dialog(page, "appSecret");
    const second = await secretIn(shown);
    expect(second).not.toBe(first);
    await button(shown, "Close").click();
    await shows(page.getByText("previous, still accepted"));
    expect(await page.content()).not.toContain(second);
    await start(second);
    await nodes[0]?.stop();
    await hides(page.getByText("The new secret was never used yet"));
    await button(page, "End the previous secret").click();
    await button(dialog(page, "End the previous secret"), "End the previous secret").click();
    await shows(page.getByText("Only the new secret is accepted now."));
    await hides(page.getByText("previous, still accepted"));

    await expect(start(first)).rejects.toThrow(/refuse|401|token/i);
    const target = { kind: "executor", executor: APP_KEY, handler: "close" };
    await world.job({ name: JOB, target });
    const run = await world.client.get("GET", `/runs/${await world.ended(JOB)}`, 200);
    expect(run).toMatchObject({ state: "succeeded", result: { closed: true } });
    await open.expectClean();
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** The secret that stands there to be copied. */
async function secretIn(place: ReturnType<typeof dialog>): Promise<string> {
  return (await place.locator("p:has(button) > code").first().innerText()).trim();
}
