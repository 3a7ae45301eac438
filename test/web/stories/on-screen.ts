import type { Locator, Page } from "playwright-core";

/** What the browser itself writes on its console for an answer that is no success, which a story provokes. */
export function answered(...statuses: readonly number[]): RegExp {
  return new RegExp(`Failed to load resource: .* status of (${statuses.join("|")})`);
}

/** Resolves when something is on screen. */
export async function shows(...locators: readonly Locator[]): Promise<void> {
  for (const locator of locators) await locator.first().waitFor({ state: "visible" });
}

/** Resolves when nothing of it is on screen any more. */
export async function hides(...locators: readonly Locator[]): Promise<void> {
  for (const locator of locators) await locator.first().waitFor({ state: "hidden" });
}

export function button(within: Page | Locator, name: string | RegExp): Locator {
  return within.getByRole("button", { name, exact: typeof name === "string" });
}

export function link(within: Page | Locator, name: string | RegExp): Locator {
  return within.getByRole("link", { name, exact: typeof name === "string" });
}

/** A field of a form by the beginning of its label: "(required)" may stand behind it. */
export function field(within: Page | Locator, label: string): Locator {
  return within.getByRole("textbox", { name: new RegExp(`^${label}\\s*(\\(required\\))?$`) });
}

export function heading(page: Page, name: string | RegExp): Locator {
  return page.getByRole("heading", { level: 1, name });
}

export function dialog(page: Page, name: string | RegExp): Locator {
  return page.getByRole("dialog", { name });
}

/** Fills in the form of the login and sends it. */
export async function logInWith(
  within: Page | Locator,
  who: { readonly username: string; readonly password: string },
): Promise<void> {
  await field(within, "Username").fill(who.username);
  await within.getByLabel("Password").fill(who.password);
  await button(within, "Log in").click();
}

/** Throws when the page is loaded anew from now on until `stays` is asked. */
export function staysLoaded(page: Page): { stays(): void } {
  let loads = 0;
  page.on("domcontentloaded", () => loads++);
  return {
    stays() {
      if (loads > 0) throw new Error("The page was loaded anew.");
    },
  };
}
