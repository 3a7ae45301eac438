import type { Page } from "playwright-core";
import { expect } from "vitest";
import { button, heading, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const JOB = "many-runs";
const RUNS = 60;
const FIRST_PAGE = 50;

/** Back brings the list back as it was left; new runs wait, and nothing moves below the cursor. */
export async function comeBackToTheList(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/many-runs", { status: 200 });
  await world.job({ name: JOB, target: { kind: "webhook", url }, overlap: "allow" });
  await Promise.all(Array.from({ length: RUNS }, () => world.ended(JOB)));
  await world.reads(
    `/runs?job=${JOB}&state=succeeded&limit=200`,
    ({ items }) => items.length === RUNS,
  );
  const open = await world.visit("/runs");
  const { page } = open;
  await page.getByRole("combobox", { name: "Job" }).fill(JOB);
  await link(page.getByRole("navigation", { name: "Common filters" }), "Succeeded").click();
  await page.waitForURL(/job=many-runs.*state=succeeded|state=succeeded.*job=many-runs/);
  await shows(page.getByText(`${FIRST_PAGE} runs so far`));
  await button(page, "Load more").click();
  await shows(page.getByText(`${RUNS} runs`, { exact: true }));

  const row = page.locator("tr[data-row]").nth(RUNS - 5);
  await row.scrollIntoViewIfNeeded();
  const id = String(await row.getAttribute("data-row"));
  const left = { y: await scrollOf(page), url: page.url() };
  await row.getByRole("link").first().click();
  await shows(heading(page, `Run of ${JOB}`));
  await page.goBack();
  await shows(page.getByText(`${RUNS} runs`, { exact: true }), page.locator(`[data-row="${id}"]`));
  expect(page.url()).toBe(left.url);
  expect(await page.getByRole("combobox", { name: "Job" }).inputValue()).toBe(JOB);
  await expect.poll(() => scrollOf(page)).toBe(left.y);

  await page.locator(`[data-row="${id}"]`).hover();
  const under = await rowUnder(page, id);
  await world.ended(JOB);
  await world.ended(JOB);
  const fresh = button(page, /^↑ 2 new$/);
  await fresh.waitFor({ state: "attached" });
  expect(await rowUnder(page, id)).toEqual(under);
  expect(await page.locator("tr[data-row]").count()).toBe(RUNS);
  await fresh.click();
  await shows(page.getByText(`${RUNS + 2} runs`, { exact: true }));
  await open.expectClean();
}

function scrollOf(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(scrollY));
}

/** Where a row is on screen, and which row the cursor would hit there. */
function rowUnder(
  page: Page,
  id: string,
): Promise<{ readonly y: number; readonly row: string | null }> {
  return page.evaluate((wanted) => {
    const box = document.querySelector(`[data-row="${wanted}"]`)?.getBoundingClientRect();
    const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
    const hit = document.elementFromPoint(x + width / 2, y + height / 2)?.closest("[data-row]");
    return { y: Math.round(y), row: hit?.getAttribute("data-row") ?? null };
  }, id);
}
