import { expect } from "vitest";
import { button, heading, hides, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const NAME = "broken-sync";
const ERROR = "connect ECONNREFUSED 10.0.3.7:5432";

/** A job fails: Home says so with its error, the run shows why without a click, and a retry mends it. */
export async function mendABrokenJob(world: StoryWorld): Promise<void> {
  let isBroken = true;
  const broken = { status: 500, json: { error: { message: ERROR, code: "db.away" } } } as const;
  const url = world.sink.on("/broken-sync", () => (isBroken ? broken : { status: 200, json: {} }));
  const backoff = { kind: "exponential", base: "100ms", factor: 1, max: "100ms" };
  await world.job({ name: NAME, target: { kind: "webhook", url }, retry: { max: 1, backoff } });
  const open = await world.visit("/");
  const { page } = open;
  await shows(heading(page, "Home"));
  await world.ended(NAME);

  const item = page.getByRole("listitem").filter({ hasText: NAME }).filter({ hasText: ERROR });
  await shows(item);
  await link(item, "Log").click();
  await shows(heading(page, `Run of ${NAME}`));
  await shows(page.getByText("Failed after 2 attempts"), page.getByText("HTTP 500"));
  await shows(page.getByRole("region", { name: "Error" }).getByText(ERROR));
  const attempts = page.getByRole("table", { name: "Attempts" }).getByRole("row");
  expect(await attempts.filter({ hasText: ERROR }).count()).toBe(2);

  isBroken = false;
  await button(page, "Retry").click();
  await shows(page.getByText("A new run does it again."));
  await shows(page.getByText("Succeeded", { exact: true }));
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Home" }).click();
  await hides(item);
  await open.expectClean();
}
