import type { Page } from "playwright-core";
import { expect } from "vitest";
import { createAutoExecutor } from "../../support/executor-node.ts";
import { answered, button, heading, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const CHANGES = /^(New|Run|Pause|Edit|Delete|Copy to a new job|Retry.*|Cancel.*)$/;

/** Who may only look is offered nothing else, and is refused what is asked for all the same. */
export async function lookOnly(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/looked-at", { status: 200 });
  await world.job({ name: "looked-at", target: { kind: "webhook", url } });
  const run = await world.ended("looked-at");
  const viewer = await world.person({ username: "only.looks", role: "viewer" });
  const open = await world.visit("/jobs", { cookies: await world.cookiesOf(viewer) });
  const { page } = open;
  await link(page, "looked-at").click();
  await shows(heading(page, "looked-at"), button(page, "Copy as curl"));
  expect(await offered(page)).toEqual([]);
  await page.goto(`${world.client.url}/runs/${run}`);
  await shows(page.getByText("Succeeded", { exact: true }));
  expect(await offered(page)).toEqual([]);
  await page.goto(`${world.client.url}/jobs`);
  await shows(link(page, "looked-at"));
  expect(await offered(page)).toEqual([]);

  expect(await asked(page, "POST", "/jobs/looked-at/runs")).toBe(403);
  expect(await asked(page, "DELETE", "/jobs/looked-at")).toBe(403);
  expect(await asked(page, "GET", "/users")).toBe(403);
  expect(await asked(page, "GET", "/jobs/looked-at")).toBe(200);
  await open.expectClean([answered(403)]);
}

/** Who is limited to one executor sees its jobs and runs, and no others. */
export async function seeOneExecutor(world: StoryWorld): Promise<void> {
  for (const appKey of ["own-app", "other-app"]) {
    await createAutoExecutor(world.client, appKey);
    const target = { kind: "executor", executor: appKey, handler: "work" };
    await world.job({ name: `job-of-${appKey}`, target });
    await world.begun(`job-of-${appKey}`);
  }
  const user = { username: "own.app", role: "operator", executors: ["own-app"] } as const;
  const person = await world.person(user);
  const open = await world.visit("/jobs", { cookies: await world.cookiesOf(person) });
  const { page } = open;
  await shows(link(page, "job-of-own-app"), page.getByText("1 job shown"));
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }).click();
  await shows(page.getByText("1 run", { exact: true }), link(page, "job-of-own-app"));
  expect(await page.getByText("job-of-other-app").count()).toBe(0);
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Executors" })
    .click();
  await shows(heading(page, "Executors"), link(page, "own-app"));
  expect(await page.getByText("other-app").count()).toBe(0);
  await page.goto(`${world.client.url}/jobs/job-of-other-app`);
  await shows(page.getByRole("alert").getByText("job.unknown"));
  await open.expectClean([answered(403, 404)]);
}

/** The names of buttons and links in the page's content with which something is changed. */
async function offered(page: Page): Promise<readonly string[]> {
  const all = page.getByRole("main").locator("button:enabled, a");
  const names = await all.evaluateAll((found) =>
    found.map((element) => element.getAttribute("aria-label") ?? element.textContent?.trim() ?? ""),
  );
  return names.filter((name) => CHANGES.test(name));
}

/** The status of a request that the page's session is good for. */
function asked(page: Page, method: string, path: string): Promise<number> {
  return page.evaluate(
    async ([verb = "", route = ""]) => {
      const init =
        verb === "POST" ? { body: "{}", headers: { "content-type": "application/json" } } : {};
      return (await fetch(`/api/v1${route}`, { method: verb, ...init })).status;
    },
    [method, path],
  );
}
