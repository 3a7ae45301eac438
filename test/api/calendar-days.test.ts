import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Got } from "../support/open-api.ts";
import { OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  const body = { name: "office", weekdays: [1, 2, 3, 4, 5], include: ["2026-12-26"] };
  await open.ask("POST", "/api/v1/calendars", { body });
});
afterEach(() => open.close());

const ICS = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "BEGIN:VEVENT",
  "UID:1",
  "DTSTART;VALUE=DATE:20261224",
  "DTEND;VALUE=DATE:20261226",
  "SUMMARY:Christmas",
  "END:VEVENT",
  "END:VCALENDAR",
].join("\r\n");
const CHRISTMAS = [
  { date: "2026-12-24", name: "Christmas" },
  { date: "2026-12-25", name: "Christmas" },
];

function importDays(body: object, query = "", headers: Record<string, string> = {}): Promise<Got> {
  return open.ask("POST", `/api/v1/calendars/office/import${query}`, { body, headers });
}

function days(query: string): Promise<Got> {
  return open.ask("GET", `/api/v1/calendars/office/days${query}`);
}

describe("POST /calendars/{name}/import", () => {
  it("adds days, and replaces them when asked to", async () => {
    const added = await importDays({ ics: ICS, as: "exclude" });
    const more = ICS.replace("20261224", "20261225").replace("Christmas", "Weihnachten");
    const joined = await importDays({ ics: more, as: "exclude" });
    const replaced = await importDays({ ics: more, as: "exclude", replace: true });

    expect(added).toMatchObject({ status: 200, json: { version: 2, exclude: CHRISTMAS } });
    const second = { date: "2026-12-25", name: "Weihnachten" };
    expect(joined.json.exclude).toEqual([CHRISTMAS[0], second]);
    expect(replaced.json).toMatchObject({ exclude: [second], dryRun: false, impact: { jobs: [] } });
  });

  it("takes the text by itself as text/calendar", async () => {
    const got = await open.ask("POST", "/api/v1/calendars/office/import?as=exclude&replace=true", {
      text: ICS,
      headers: { "content-type": "text/calendar; charset=utf-8" },
    });
    const unsaid = await open.ask("POST", "/api/v1/calendars/office/import", {
      text: ICS,
      headers: { "content-type": "text/calendar" },
    });
    const other = await open.ask("POST", "/api/v1/calendars", {
      text: ICS,
      headers: { "content-type": "text/calendar" },
    });

    expect(got).toMatchObject({ status: 200, json: { exclude: CHRISTMAS } });
    expect(unsaid).toMatchObject({ status: 400, json: { errors: [{ pointer: "/as" }] } });
    expect(other.status).toBe(415);
  });

  it("stores nothing on a dry run, and once for one Idempotency-Key", async () => {
    const tried = await importDays({ ics: ICS, as: "exclude" }, "?dryRun=true");
    expect(tried.json).toMatchObject({ version: 2, dryRun: true, exclude: CHRISTMAS });

    const headers = { "idempotency-key": "k" };
    const first = await importDays({ ics: ICS, as: "exclude" }, "", headers);
    await open.ask("PATCH", "/api/v1/calendars/office", { body: { exclude: [] } });
    const again = await importDays({ ics: ICS, as: "exclude" }, "", headers);
    expect(again.json).toEqual(first.json);
    expect((await open.ask("GET", "/api/v1/calendars/office")).json.exclude).toEqual([]);
  });

  it.each([
    ["text that is no calendar", { ics: "hello", as: "exclude" }, "Line 1: Expected BEGIN"],
    [
      "a date that does not exist",
      { ics: ICS.replace("20261224", "20260231"), as: "exclude" },
      "Line 5:",
    ],
    ["a day of the other list", { ics: ICS.replace("20261226", "20261227"), as: "exclude" }, "26"],
  ])("refuses %s, and says where", async (_, body, message) => {
    const got = await importDays(body);

    expect(got).toMatchObject({ status: 422, json: { code: "calendar.invalid" } });
    expect(got.json.errors).toMatchObject([
      { pointer: "/ics", message: expect.stringContaining(message) },
    ]);
    expect((await open.ask("GET", "/api/v1/calendars/office")).json.version).toBe(1);
  });

  it("needs a list to put the days in, and a calendar that is there", async () => {
    expect(await importDays({ ics: ICS })).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: "/as" }] },
    });
    const body = { ics: ICS, as: "exclude" };
    const none = await open.ask("POST", "/api/v1/calendars/none/import", { body });
    expect(none).toMatchObject({ status: 404, json: { code: "calendar.unknown" } });
  });
});

describe("GET /calendars/{name}/days", () => {
  it("tells of each day whether it is open and why", async () => {
    await importDays({ ics: ICS, as: "exclude" });
    const { json } = await days("?from=2026-12-24&to=2026-12-27");

    expect(json).toEqual({
      items: [
        { date: "2026-12-24", open: false, name: "Christmas" },
        { date: "2026-12-25", open: false, name: "Christmas" },
        { date: "2026-12-26", open: true, name: null },
        { date: "2026-12-27", open: false, name: null },
      ],
      knownUntil: null,
    });
  });

  it("begins today and goes on for a month unless asked otherwise", async () => {
    const { json } = await days("");

    expect(json.items).toHaveLength(31);
    expect(json.items[0]).toMatchObject({ date: "2026-11-21", open: false });
  });

  it.each(["?from=2026-13-01", "?from=2026-02-02&to=2026-02-01", "?from=2026-01-01&to=2027-01-02"])(
    "refuses %s",
    async (query) => {
      expect(await days(query)).toMatchObject({ status: 400, json: { code: "request.invalid" } });
    },
  );
});
