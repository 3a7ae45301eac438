import { deepEqual, equal } from "node:assert/strict";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import type { CalendarChange, Directory, StoredCalendar } from "../../src/ports/directory.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses } from "../support/records-queries.ts";
import type { ContractCase } from "./contract-case.ts";

/** What the API may rely on when it writes calendars. Each case begins with empty records. */
export const directoryCalendarCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "a change of calendars is computed from one revision, and none other is overwritten",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      deepEqual(await directory.calendarSet("default"), {
        revision: 0,
        versionFloor: 0,
        calendars: [],
      });

      equal(await directory.changeCalendars(aChange(1, [aCalendar()]), aReply("early")), false);
      equal(await directory.changeCalendars(aChange(0, [aCalendar()]), aReply("first")), true);
      equal(await directory.changeCalendars(aChange(0, [aCalendar()]), aReply("again")), false);
      equal(await directory.calendar("default", "none"), null);

      deepEqual(await directory.calendarSet("default"), {
        revision: 1,
        versionFloor: 0,
        calendars: [aCalendar()],
      });
      deepEqual(await directory.idempotency("first"), aReply("first"));
      equal(await directory.idempotency("early"), null);
      equal(await directory.idempotency("again"), null);
    },
  },
  {
    name: "puts and deletions of one change come together",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const made = ["a", "b", "c"].map((name) => aCalendar({ name }));
      await directory.changeCalendars(aChange(0, made), null);

      const b = aCalendar({ name: "b", version: 2, parts: ["c"] });
      const change = { ...aChange(1, [b]), deletes: ["a"], versionFloor: 7 };
      equal(await directory.changeCalendars({ ...change, revision: 0 }, null), false);
      equal(await directory.changeCalendars(change, aReply("k")), true);

      const set = await directory.calendarSet("default");
      deepEqual(set, { revision: 2, versionFloor: 7, calendars: [b, made[2]] });
      deepEqual(await directory.idempotency("k"), aReply("k"));
    },
  },
  {
    name: "of changes that race one is made",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const names = ["a", "b", "c", "d"];
      const done = await Promise.all(
        names.map((name) => directory.changeCalendars(aChange(0, [aCalendar({ name })]), null)),
      );

      const { calendars } = await directory.calendarSet("default");
      deepEqual(
        calendars.map(({ name }) => name),
        names.filter((_, i) => done[i]),
      );
      equal(calendars.length, 1);
    },
  },
  {
    name: "a calendar comes with all that it names, and with nothing else",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const office = aCalendar({ name: "office", parts: ["holidays", "weekends"] });
      const made = ["holidays", "weekends", "other"].map((name) => aCalendar({ name }));
      await directory.changeCalendars(aChange(0, [office, ...made]), null);

      const found = await directory.calendarWithParts("default", "office");
      deepEqual(found, [made[0], office, made[1]]);
      deepEqual(await directory.calendarWithParts("default", "other"), [made[2]]);
      deepEqual(await directory.calendarWithParts("default", "none"), []);
      deepEqual(await directory.calendarWithParts("other", "office"), []);
    },
  },
  {
    name: "calendars are listed by name and namespace, a page after another",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      await makeNamed(directory, "default", ["c", "a", "b"]);
      await makeNamed(directory, "other", ["a"]);

      const names = async (limit: number, afterName: string | null) =>
        (await directory.calendars("default", { limit, afterName })).map(({ name }) => name);
      deepEqual(await names(2, null), ["a", "b"]);
      deepEqual(await names(2, "b"), ["c"]);
      deepEqual(await directory.calendarVersions(4), [
        { namespace: "default", name: "a", version: 1 },
        { namespace: "default", name: "b", version: 1 },
        { namespace: "default", name: "c", version: 1 },
        { namespace: "other", name: "a", version: 1 },
      ]);
      deepEqual((await directory.calendarVersions(1)).length, 1);
    },
  },
  {
    name: "calendars that cannot be reached are refused",
    async run({ database, client }) {
      const directory = new LibsqlDirectory(database);
      client.close();

      await refuses("records.unavailable", directory.calendarSet("default"));
      await refuses("records.unavailable", directory.calendarWithParts("default", "a"));
      const change = aChange(0, [aCalendar()]);
      await refuses("records.unavailable", directory.changeCalendars(change, null));
    },
  },
];

function makeNamed(
  directory: Directory,
  namespace: string,
  names: readonly string[],
): Promise<boolean> {
  const puts = names.map((name) => aCalendar({ namespace, name }));
  return directory.changeCalendars({ ...aChange(0, puts), namespace }, null);
}

function aChange(revision: number, puts: readonly StoredCalendar[]): CalendarChange {
  return { namespace: "default", revision, versionFloor: 0, puts, deletes: [] };
}

function aCalendar(over: Partial<StoredCalendar> = {}): StoredCalendar {
  return {
    namespace: "default",
    name: "office",
    description: "",
    version: 1,
    rules: {
      weekdays: [1, 2, 3, 4, 5],
      include: [{ date: "2026-10-10", name: "make-up" }],
      exclude: [],
      allOf: [],
      anyOf: [],
      knownUntil: null,
    },
    parts: [],
    createdMs: 1,
    updatedMs: 1,
    ...over,
  };
}

function aReply(key: string) {
  return { key, bodyHash: "hash", sealedReply: `reply under ${key}`, expiresMs: 5_000 };
}
