import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { SinkAnswer } from "../../support/sink.ts";
import { button, dialog, shows, staysLoaded } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const NAME = "order-in-steps";
const OK: SinkAnswer = { status: 200, json: { result: { ok: true } } };
const BROKEN: SinkAnswer = { status: 500, json: { error: { message: "no truck today" } } };

/** A workflow run is watched from its first step to its end, with a person's word in the middle of it. */
export async function watchAWorkflowRun(world: StoryWorld): Promise<void> {
  const { promise: prepared, resolve: prepare } = Promise.withResolvers<SinkAnswer>();
  let ship = BROKEN;
  const urls = {
    prepare: world.sink.on("/order/prepare", () => prepared),
    ship: world.sink.on("/order/ship", () => ship),
    thank: world.sink.answers("/order/thank", OK),
  };
  const retry = { max: 0 };
  const steps = [
    { name: "prepare", run: { url: urls.prepare } },
    { name: "approve", after: ["prepare"], approval: { timeout: "1d", onTimeout: "reject" } },
    { name: "ship", after: ["approve"], run: { url: urls.ship }, retry },
    { name: "thank", after: ["ship"], run: { url: urls.thank } },
  ];
  await world.client.get("POST", "/workflows", 201, { body: { name: NAME, steps } });
  const run = await world.client.get("POST", `/workflows/${NAME}/runs`, 202, { body: {} });
  const open = await world.visit(`/workflow-runs/${run.id}`);
  const { page } = open;
  const loaded = staysLoaded(page);

  await shows(stepIn(page, "prepare", "running"), stepIn(page, "approve", "pending"));
  prepare(OK);
  await shows(stepIn(page, "prepare", "succeeded"));
  await shows(stepIn(page, "approve", "waits for approval"));
  await page.getByText("Waits for an approval:").getByRole("button", { name: "approve" }).click();
  const panel = page.getByRole("region", { name: "approve" });
  await button(panel, "Approve").click();
  const asked = dialog(page, "Approve");
  await asked.getByRole("textbox", { name: "Note" }).fill("for the big customer");
  await button(asked, "Approve").click();
  await shows(stepIn(page, "approve", "succeeded"), stepIn(page, "ship", "failed"));
  await shows(page.getByText("no truck today"), panel.getByText("for the big customer"));

  ship = OK;
  await page.getByRole("tab", { name: "Table" }).click();
  const table = page.getByRole("table", { name: "Steps" });
  await shows(rowOf(table, "ship", "failed"), rowOf(table, "thank", ""));
  await button(table, "ship").click();
  await button(page.getByRole("region", { name: "ship" }), "Retry from here").click();
  await button(dialog(page, "Retry from here"), "Retry from here").click();
  await shows(rowOf(table, "ship", "succeeded"), rowOf(table, "thank", "succeeded"));
  await shows(page.getByText(/^Succeeded in /));
  loaded.stays();
  expect(world.sink.at("/order/prepare")).toHaveLength(1);
  expect(world.sink.at("/order/ship")).toHaveLength(2);
  await open.expectClean();
}

/** A step of the graph in a state. */
function stepIn(page: Page, step: string, state: string): Locator {
  return page.locator(`button[data-step="${step}"]`).filter({ hasText: state });
}

function rowOf(table: Locator, step: string, state: string): Locator {
  return table.locator(`tr[data-row="${step}"]`).filter({ hasText: state });
}
