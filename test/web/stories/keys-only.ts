import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { button, dialog, heading, hides, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

/** Everything is reached without a mouse: the palette, the pages, the rows of a list, the help. */
export async function useKeysOnly(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/keys", { status: 200 });
  for (const name of ["keys-a", "keys-b"])
    await world.job({ name, tags: ["keys"], target: { kind: "webhook", url } });
  const open = await world.visit("/");
  const { page } = open;
  const { keyboard } = page;
  await shows(heading(page, "Home"));

  await keyboard.press("Control+k");
  const palette = dialog(page, "Go to or do");
  await hasFocus(palette);
  await keyboard.type("keys-b");
  await shows(palette.getByRole("option", { name: /keys-b/, selected: true }));
  await keyboard.press("Enter");
  await shows(heading(page, "keys-b"));
  await hides(palette);

  await keyboard.press("g");
  await keyboard.press("j");
  await shows(heading(page, "Jobs"));
  await page.goto(`${world.client.url}/jobs?tag=keys`);
  await shows(page.locator('[data-row="keys-a"]'), page.locator('[data-row="keys-b"]'));
  const rows = await page
    .locator("[data-row]")
    .evaluateAll((all) => all.map((row) => row.getAttribute("data-row")));
  expect(new Set(rows)).toEqual(new Set(["keys-a", "keys-b"]));
  await keyboard.press("j");
  await expect.poll(() => rowWithFocus(page)).toBe(rows[0]);
  await keyboard.press("j");
  await expect.poll(() => rowWithFocus(page)).toBe(rows[1]);
  await keyboard.press("k");
  await expect.poll(() => rowWithFocus(page)).toBe(rows[0]);

  await keyboard.press("?");
  const help = dialog(page, "Keyboard shortcuts");
  await hasFocus(help);
  await keyboard.press("Escape");
  await hides(help);
  await expect.poll(() => rowWithFocus(page)).toBe(rows[0]);
  await keyboard.press("Enter");
  await shows(heading(page, String(rows[0])));

  const more = button(page, "Other ways to run");
  await more.focus();
  await keyboard.press("Enter");
  await hasFocus(page.getByRole("menuitem", { name: "Run with params …" }));
  await keyboard.press("Enter");
  const params = dialog(page, /^Run with params/);
  await hasFocus(params);
  // The menu that opened it has gone, and takes no key any more.
  await hides(page.getByRole("menu"));
  await keyboard.press("Escape");
  await hides(params);
  await hasFocus(more);
  await open.expectClean();
}

/** Menus and dialogs take the focus a moment after they are there, and hear no key before. */
async function hasFocus(element: Locator): Promise<void> {
  await shows(element);
  await expect
    .poll(() => element.evaluate((self) => self.contains(document.activeElement)))
    .toBe(true);
}

/** The row in which the focus is. */
function rowWithFocus(page: Page): Promise<string | null> {
  return page.evaluate(
    () => document.activeElement?.closest("[data-row]")?.getAttribute("data-row") ?? null,
  );
}
