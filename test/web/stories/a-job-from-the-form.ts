import type { Page } from "playwright-core";
import { expect } from "vitest";
import { answered, button, dialog, field, heading, hides, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const NAME = "weekday-report";

/** A job is made with the form: what is wrong is said at its field, the draft outlives a reload, the ticks show. */
export async function makeAJob(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/weekday-report", {
    status: 200,
    json: { result: { ok: true } },
  });
  const open = await world.visit("/jobs/new");
  const { page } = open;
  await page.getByText("Cron", { exact: true }).click();
  await field(page, "Name").fill("weekday report!");
  await field(page, "URL").fill(url);
  await field(page, "Cron").fill("15 9 * * 1-5");
  await page.getByRole("combobox", { name: /^Time zone/ }).fill("America/New_York");

  await shows(page.getByText(/Next \d+ ticks: own time/));
  // Nothing is saved yet.
  await expect.poll(() => page.getByText(/, 09:15:00/).count()).toBeGreaterThan(3);
  await button(page, "Create the job").click();
  await shows(page.getByRole("alert").getByRole("button", { name: "/name" }));
  const described = await field(page, "Name").getAttribute("aria-describedby");
  expect(described).toContain("fault");
  await page.reload();
  await shows(page.getByText("Your unsaved changes are back."));
  expect(await field(page, "Name").inputValue()).toBe("weekday report!");
  expect(await field(page, "URL").inputValue()).toBe(url);
  await field(page, "Name").fill(NAME);
  await button(page, "Create the job").click();

  await shows(
    heading(page, NAME),
    page.getByText(new RegExp(`${NAME} is created\\. (First|Next) run in`)),
  );
  await button(page, "Run").click();
  await button(page, "Show the run").click();
  await shows(heading(page, `Run of ${NAME}`), page.getByText("Succeeded", { exact: true }));
  expect(world.sink.at("/weekday-report")).toHaveLength(1);
  await open.expectClean([answered(400, 422)]);
}

/** Two change one job at once: nobody's change is lost, and each field can be chosen. */
export async function changeAJobAtOnce(world: StoryWorld): Promise<void> {
  const target = { kind: "webhook", url: world.sink.answers("/contested", { status: 200 }) };
  const words = { description: "at first", owner: "nobody" };
  await world.job({ name: "contested", target, ...words });
  const open = await world.visit("/jobs/contested/edit");
  const { page } = open;
  const puts = watchPuts(page);
  await field(page, "Description").fill("first by the form");
  await button(page, "Save").click();
  await shows(page.getByText(/contested is saved/), page.getByText("first by the form"));
  expect(puts).toEqual(['"1" 200']);

  await link(page, "Edit").click();
  await shows(field(page, "Description"));
  expect(await page.getByText("Your unsaved changes are back.").count()).toBe(0);
  await field(page, "Description").fill("mine");
  await field(page, "Owner").fill("mine");
  const theirs = { description: "theirs", owner: "theirs", priority: 7 };
  await world.client.get("PATCH", "/jobs/contested", 200, {
    body: theirs,
    headers: { "if-match": '"2"', "content-type": "application/merge-patch+json" },
  });
  await button(page, "Save").click();
  const asked = dialog(page, "Somebody else has changed this meanwhile");
  await shows(asked.getByText("only they changed it"));
  await asked.getByRole("group", { name: "/description" }).getByLabel("Keep mine").check();
  await asked.getByRole("group", { name: "/owner" }).getByLabel("Take theirs").check();
  await button(asked, "Go on with this choice").click();

  await hides(asked);
  await shows(heading(page, "contested"), page.getByText("mine", { exact: true }));
  const saved = await world.client.get("GET", "/jobs/contested", 200);
  expect(saved).toMatchObject({ description: "mine", owner: "theirs", priority: 7 });
  expect(puts).toEqual(['"1" 200', '"2" 412', '"3" 200']);
  await open.expectClean([answered(412)]);
}

/** The version that each PUT of the page goes over, and how it was answered. */
function watchPuts(page: Page): readonly string[] {
  const puts: string[] = [];
  page.on("response", (response) => {
    const request = response.request();
    if (request.method() !== "PUT") return;
    const over = request.headers()["if-match"] ?? "nothing";
    puts.push(`${over} ${response.status()}`);
  });
  return puts;
}
