import { expect } from "vitest";
import { nominalOf } from "../support/sink.ts";
import { aWebhookJob, everySecond, listed, type HostCase, type Scene } from "./host-case.ts";

const DAY_MS = 86_400_000;

/** Schedules that keep to calendars. */
export const HOST_CALENDAR_CASES: readonly HostCase[] = [
  { name: "a seeded calendar skips holidays and runs on make-up workdays", run: seeded },
  { name: "an iCalendar text becomes days of a calendar", run: imported },
  { name: "a job does not run on a closed day, and runs once the day is opened", run: opened },
];

async function seeded({ client }: Scene): Promise<void> {
  await client.get("POST", "/calendars", 201, { body: { name: "cn", seed: "cn-workdays" } });

  const schedule = { kind: "cron", cron: "0 9 * * *", timezone: "Asia/Shanghai", calendar: "cn" };
  const body = { schedule, from: "2026-09-30T00:00:00Z", count: 4 };
  const preview = await client.get("POST", "/schedules/preview", 200, { body });

  // 1 to 7 October are holidays; Saturday the 10th makes up for one of them.
  expect(preview.ticks.map((tick: { readonly at: string }) => tick.at.slice(0, 10))).toEqual([
    "2026-09-30",
    "2026-10-08",
    "2026-10-09",
    "2026-10-10",
  ]);
}

async function imported({ client }: Scene): Promise<void> {
  const ics = [
    "BEGIN:VCALENDAR",
    "BEGIN:VEVENT",
    "DTSTART;VALUE=DATE:20261126",
    "SUMMARY:Thanksgiving Day",
    "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "END:VEVENT",
    "END:VCALENDAR",
  ].join("\r\n");
  await client.get("POST", "/calendars", 201, { body: { name: "imported" } });
  await client.get("POST", "/calendars/imported/import?as=exclude", 200, {
    text: ics,
    headers: { "content-type": "text/calendar" },
  });

  const days = "/calendars/imported/days?from=2027-11-24&to=2027-11-26";
  expect((await client.get("GET", days, 200)).items).toEqual([
    { date: "2027-11-24", open: true, name: null },
    { date: "2027-11-25", open: false, name: "Thanksgiving Day" },
    { date: "2027-11-26", open: true, name: null },
  ]);
}

async function opened(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const nowMs = Date.now();
  // Midnight may come while the case runs.
  const exclude = [nowMs, nowMs + DAY_MS].map((ms) => new Date(ms).toISOString().slice(0, 10));
  await client.get("POST", "/calendars", 201, { body: { name: "shut", exclude } });
  const schedule = { ...everySecond(nowMs), calendar: "shut" };
  const job = aWebhookJob("shut", sink.answers("/shut"), { schedule });
  await client.get("POST", "/jobs", 201, { body: job });
  const skipped = await listed(scene, "/jobs/shut/ticks", (items) => items.length >= 2);

  const change = { body: { exclude: [] } };
  const changed = await client.get("PATCH", "/calendars/shut", 200, change);
  const changedMs = Date.now();
  const [first] = await sink.arrivals("/shut", 1);

  for (const tick of skipped)
    expect(tick).toMatchObject({ disposition: "skipped", reason: "calendar" });
  expect(changed.impact.jobs).toMatchObject([{ job: "shut", removedCount: 0 }]);
  expect(changed.impact.jobs[0].addedCount).toBeGreaterThan(80_000);
  expect(nominalOf(first)).toBeGreaterThan(changedMs - 5_000);
  await client.get("DELETE", "/jobs/shut", 204);
  await client.get("DELETE", "/calendars/shut", 200);
}
