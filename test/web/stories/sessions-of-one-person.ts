import { expect } from "vitest";
import { answered, button, dialog, field, heading, logInWith, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const JOB = "typed-before-the-login";

/** One browser signs another one out, which loses nothing of what was typed in it. */
export async function signOutAnotherBrowser(world: StoryWorld): Promise<void> {
  const person = await world.person({ username: "two.browsers", role: "editor" });
  const here = await world.visit("/settings/sessions", { cookies: await world.cookiesOf(person) });
  const there = await world.visit("/jobs/new", { cookies: await world.cookiesOf(person) });
  await field(there.page, "Name").fill(JOB);
  await field(there.page, "URL").fill("https://example.com/hook");
  await here.page.reload();
  const sessions = here.page.getByRole("table", { name: "Sessions" });
  await expect.poll(() => sessions.getByRole("row").count()).toBe(3);
  expect(await sessions.getByText("this one").count()).toBe(1);

  await sessions.getByRole("button", { name: /^Sign out / }).click();
  await shows(here.page.getByText(/ is signed out\.$/));
  const login = dialog(there.page, "Log in");
  // What the page asks by itself may find out before the click does; then the dialog lies over the button.
  const click = button(there.page, "Create the job").click({ force: true, noWaitAfter: true });
  await Promise.any([click, login.waitFor()]);
  await shows(login.getByText("Your session has ended."));
  expect(await field(login, "Username").inputValue()).toBe(person.username);
  await logInWith(login, person);
  await expect.poll(() => login.count()).toBe(0);
  expect(await field(there.page, "Name").inputValue()).toBe(JOB);
  await button(there.page, "Create the job").click();
  await shows(heading(there.page, JOB));

  await button(here.page, /^Account/).click();
  await here.page.getByRole("menuitem", { name: "Log out" }).click();
  await shows(heading(here.page, "Log in"));
  await here.page.goto(`${world.client.url}/jobs`);
  await shows(heading(here.page, "Log in"));
  await here.expectClean([answered(401)]);
  await there.expectClean([answered(401)]);
}
