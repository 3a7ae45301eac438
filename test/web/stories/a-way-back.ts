import type { Page } from "playwright-core";
import { expect } from "vitest";
import { answered, button, dialog, field, hides, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const APP_KEY = "way-back";
const CALENDAR = "way-back-days";
const WORKFLOW = "way-back-flow";
const OVERTAKEN = "Somebody has changed it meanwhile, and nothing was overwritten.";

/** Everything that people define shows who changed it and how, and goes back; never over somebody else's change. */
export async function findTheWayBack(world: StoryWorld): Promise<void> {
  await make(world);
  const open = await world.visit(`/executors/${APP_KEY}?tab=changes`);
  const { page } = open;
  await changeTheExecutor(world, page);
  await restoreTheExecutor(world, page);
  await changeTheCalendar(world, page);
  await restoreTheCalendar(world, page);
  await restoreTheWorkflow(world, page);
  await open.expectClean([answered(412)]);
}

async function make({ client }: StoryWorld): Promise<void> {
  const nodes = [{ address: "https://one.example.com" }];
  const executor = { appKey: APP_KEY, name: "At first", registration: "manual", nodes };
  await client.get("POST", "/executors", 201, { body: executor });
  await client.get("POST", "/calendars", 201, { body: { name: CALENDAR, weekdays: [1, 2] } });
  for (const sleep of ["1s", "2s"]) {
    const body = { steps: [{ name: "wait", sleep }] };
    await client.get("PUT", `/workflows/${WORKFLOW}`, sleep === "1s" ? 201 : 200, { body });
  }
}

/** Two change it at once: the form keeps what was typed, and each field is chosen. */
async function changeTheExecutor({ client }: StoryWorld, page: Page): Promise<void> {
  await button(page, "Edit").click();
  const form = dialog(page, "Edit: At first");
  await field(form, "Name").fill("Mine");
  const theirs = { name: "Theirs", concurrency: 7 };
  await client.get("PATCH", `/executors/${APP_KEY}`, 200, { body: theirs });
  await button(form, "Save").click();
  const asked = dialog(page, "Somebody else has changed this meanwhile");
  await shows(asked.getByText("only they changed it"), asked.getByText("both changed it"));
  await button(asked, "Close").click();
  expect(await field(form, "Name").inputValue()).toBe("Mine");
  await button(form, "Save").click();
  await asked.getByRole("group", { name: "/name" }).getByLabel("Keep mine").check();
  await button(asked, "Go on with this choice").click();
  await shows(page.getByText("Mine is saved."));
  const saved = await client.get("GET", `/executors/${APP_KEY}`, 200);
  expect(saved).toMatchObject({ name: "Mine", concurrency: 7, nodes: [{ weight: 1 }] });
}

/** What is put back is compared anew when somebody was quicker. */
async function restoreTheExecutor(world: StoryWorld, page: Page): Promise<void> {
  const { client } = world;
  await world.reads(`/history/executor/${APP_KEY}`, ({ items }) => items.length === 3);
  await page.reload();
  await shows(page.getByText("/concurrency"), page.getByText("executor.create"));
  await button(page, "Restore …").last().click();
  const restore = dialog(page, "Restore way-back");
  await shows(restore.getByText("/name"), restore.getByText("/concurrency"));
  await client.get("PATCH", `/executors/${APP_KEY}`, 200, { body: { nodeConcurrency: 3 } });
  await button(restore, "Restore this definition").click();
  await shows(restore.getByText(OVERTAKEN), restore.getByText("/nodeConcurrency"));
  await button(restore, "Restore this definition").click();
  await shows(page.getByText("way-back is as it was."));
  const restored = await client.get("GET", `/executors/${APP_KEY}`, 200);
  expect(restored).toMatchObject({ name: "At first", concurrency: null, nodeConcurrency: null });
}

/** The rules are a text, and each field of it is chosen all the same. */
async function changeTheCalendar({ client }: StoryWorld, page: Page): Promise<void> {
  await page.goto(`${client.url}/calendar`);
  await button(page, `Actions: ${CALENDAR}`).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const form = dialog(page, CALENDAR);
  await field(form, "Rules \\(JSON\\)").fill('{ "weekdays": [1, 2, 6] }');
  await client.get("PATCH", `/calendars/${CALENDAR}`, 200, { body: { description: "theirs" } });
  await button(form, "Save").click();
  const asked = dialog(page, "Somebody else has changed this meanwhile");
  await shows(asked.getByText("only they changed it"), asked.getByText("only you changed it"));
  await button(asked, "Go on with this choice").click();
  await shows(page.getByText(`${CALENDAR} is saved.`));
  const saved = await client.get("GET", `/calendars/${CALENDAR}`, 200);
  expect(saved).toMatchObject({ description: "theirs", weekdays: [1, 2, 6] });
}

/** The history is a place of its own. What a restore would move is shown before. */
async function restoreTheCalendar(world: StoryWorld, page: Page): Promise<void> {
  const { client } = world;
  await world.reads(`/history/calendar/${CALENDAR}`, ({ items }) => items.length === 3);
  await button(page, `Actions: ${CALENDAR}`).click();
  await page.getByRole("menuitem", { name: "History" }).click();
  const history = dialog(page, `History of ${CALENDAR}`);
  await shows(history.getByText("/weekdays"));
  await button(history, "Restore …").first().click();
  const restore = dialog(page, `Restore ${CALENDAR}`);
  await shows(restore.getByText("/weekdays"), restore.getByText(/No tick of the next/));
  await button(restore, "Restore this definition").click();
  await shows(page.getByText(`${CALENDAR} is as it was.`));
  expect(await client.get("GET", `/calendars/${CALENDAR}`, 200)).toMatchObject({
    weekdays: [1, 2],
  });
  await hides(restore);
  await page.goBack();
  await hides(history);
}

async function restoreTheWorkflow({ client }: StoryWorld, page: Page): Promise<void> {
  await page.goto(`${client.url}/workflows/${WORKFLOW}?tab=versions`);
  await button(page, "Restore this version").click();
  const restore = dialog(page, `Restore ${WORKFLOW}`);
  await shows(restore.getByText("/steps/wait/sleep"));
  await button(restore, "Restore this definition").click();
  await shows(page.getByText(`${WORKFLOW} is as it was.`));
  expect(await client.get("GET", `/workflows/${WORKFLOW}`, 200)).toMatchObject({
    version: 3,
    steps: [{ name: "wait", sleep: "1s" }],
  });
}
