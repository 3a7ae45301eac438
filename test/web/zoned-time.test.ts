import { describe, expect, test } from "vitest";
import { instantOfLocal, localOfInstant } from "../../web/src/kit/zoned-time.ts";

describe("wall time of an input", () => {
  test.for([
    ["2027-01-01T08:30", "Asia/Shanghai", "2027-01-01T00:30:00.000Z"],
    ["2027-07-01T08:30:15", "Europe/Berlin", "2027-07-01T06:30:15.000Z"],
    ["2027-07-01T08:30", "UTC", "2027-07-01T08:30:00.000Z"],
    ["2027-07-01T00:00", "Pacific/Kiritimati", "2027-06-30T10:00:00.000Z"],
  ] as const)("%s in %s is %s, and back", ([local, zone, instant]) => {
    expect(instantOfLocal(local, zone)).toBe(instant);
    expect(localOfInstant(instant, zone)).toContain(local);
  });

  test("a time that the clocks skip is as long after the change", () => {
    expect(instantOfLocal("2027-03-14T02:30", "America/New_York")).toBe("2027-03-14T07:30:00.000Z");
  });

  test("of a time that comes twice it is the first", () => {
    expect(instantOfLocal("2027-11-07T01:30", "America/New_York")).toBe("2027-11-07T05:30:00.000Z");
  });

  test("nothing typed is no instant", () => {
    expect(instantOfLocal("", "UTC")).toBeNull();
  });
});
