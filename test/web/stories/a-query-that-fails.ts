import { expect } from "vitest";
import { answered, button, link, shows } from "./on-screen.ts";
import type { StoryWorld } from "./story-world.ts";

const JOB = "behind-a-failure";
const REQUEST_ID = "req_of_the_story";
const PROBLEM = JSON.stringify({
  type: "about:blank",
  title: "Records away",
  status: 503,
  detail: "The records are out of reach.",
  code: "records.unreachable",
  requestId: REQUEST_ID,
  hint: "Try again in a minute.",
});

/** A list that cannot be read says so, with what to tell whoever helps; it never looks like an empty one. */
export async function readWhatFails(world: StoryWorld): Promise<void> {
  const url = world.sink.answers("/behind-a-failure", { status: 200 });
  await world.job({ name: JOB, target: { kind: "webhook", url } });
  await world.ended(JOB);
  await world.reads(`/runs?job=${JOB}`, ({ items }) => items.length === 1);
  const open = await world.visit("/settings/account");
  const { page } = open;
  await page.route(isList, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", body: PROBLEM }),
  );
  await page.goto(`${world.client.url}/runs?job=${JOB}`);

  const failure = page.getByRole("alert");
  await shows(failure.getByText("This could not be loaded."), failure.getByText(REQUEST_ID));
  await shows(failure.getByText(/The records are out of reach\. Try again in a minute\./));
  expect(await page.getByText(/No run matches|Nothing has run yet|^0 runs/).count()).toBe(0);
  await page.unroute(isList);
  await button(failure, "Try again").click();
  await shows(link(page.locator("tr[data-row]"), JOB), page.getByText("1 run", { exact: true }));
  await expect.poll(() => failure.count()).toBe(0);
  await open.expectClean([answered(503)]);
}

function isList({ pathname }: URL): boolean {
  return pathname === "/api/v1/runs";
}
