import { expect } from "vitest";
import { button, heading, shows, staysLoaded } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

/** Language, colours and time zone change at once, and are as they were left after a reload. */
export async function changeTheLooks(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/looks", { status: 200 });
  const at = "2030-06-15T16:30:00.000Z";
  await world.job({
    name: "looks",
    target: { kind: "webhook", url },
    schedule: { kind: "at", at },
  });
  const open = await world.visit("/jobs/looks", { colorScheme: "light" });
  const { page } = open;
  const root = page.locator("html");
  const loaded = staysLoaded(page);
  await shows(page.getByText("16 Jun 2030, 00:30:00 Asia/Shanghai"));

  await button(page, /^Time zone/).click();
  await page.getByRole("menuitem", { name: "UTC" }).click();
  await shows(page.getByText("15 Jun 2030, 16:30:00 UTC"));
  await button(page, "Colours").click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  expect(await root.getAttribute("data-theme")).toBe("dark");
  const ground = (): Promise<string> =>
    page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  const dark = await ground();
  await button(page, "Language").click();
  await page.getByRole("menuitem", { name: "中文" }).click();
  await shows(page.getByRole("link", { name: "运行记录" }), button(page, /^时区/));
  expect(await root.getAttribute("lang")).toBe("zh-CN");
  loaded.stays();

  await page.reload();
  await shows(page.getByRole("link", { name: "运行记录" }), page.getByText(/16:30:00 UTC/));
  expect(await root.getAttribute("data-theme")).toBe("dark");
  expect(await ground()).toBe(dark);
  await button(page, "配色").click();
  await page.getByRole("menuitem", { name: "浅色" }).click();
  expect(await root.getAttribute("data-theme")).toBe("light");
  expect(await ground()).not.toBe(dark);
  await button(page, "语言").click();
  await page.getByRole("menuitem", { name: "English" }).click();
  await shows(heading(page, "looks"), page.getByRole("link", { name: "Runs", exact: true }));
  await open.expectClean();
}
