import { describe, expect, test } from "vitest";
import { isSameJson, jsonChanges, jsonForks, mergedForks } from "../../web/src/kit/json-changes.ts";
import { jsonAt, withJsonAt } from "../../web/src/kit/json-pointer.ts";

const BASE = {
  description: "old",
  owner: "wang",
  schedule: { kind: "cron", cron: "0 2 * * *", timezone: "UTC" },
  tags: ["a"],
};

describe("places of JSON", () => {
  test("a value is put at a place that is made on the way", () => {
    expect(withJsonAt({}, "/target/headers/a~1b", "1")).toEqual({
      target: { headers: { "a/b": "1" } },
    });
  });

  test("undefined takes the key away, and others keep their order", () => {
    expect(Object.keys(withJsonAt(BASE, "/owner", undefined))).toEqual([
      "description",
      "schedule",
      "tags",
    ]);
    expect(Object.keys(withJsonAt(BASE, "/owner", "li"))).toEqual(Object.keys(BASE));
  });

  test("what an object inherits is not a value of it", () => {
    expect(jsonAt({}, "/constructor")).toBeUndefined();
  });
});

describe("differences of JSON", () => {
  test("the order of keys is no difference", () => {
    expect(isSameJson({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  });

  test("changes are told down to the field, and lists as a whole", () => {
    const after = { ...BASE, schedule: { ...BASE.schedule, cron: "5 2 * * *" }, tags: ["a", "b"] };
    expect(jsonChanges(BASE, after)).toEqual([
      { pointer: "/schedule/cron", before: "0 2 * * *", after: "5 2 * * *" },
      { pointer: "/tags", before: ["a"], after: ["a", "b"] },
    ]);
  });

  test("objects of two kinds are one difference", () => {
    const after = { ...BASE, schedule: { kind: "every", every: "5m", timezone: "UTC" } };
    expect(jsonChanges(BASE, after).map(({ pointer }) => pointer)).toEqual(["/schedule"]);
  });
});

describe("two changes of one base", () => {
  const mine = { ...BASE, description: "mine", schedule: { ...BASE.schedule, cron: "5 2 * * *" } };
  const theirs = { ...BASE, description: "theirs", owner: "li" };

  test("the merge has both where they do not meet, and the choice where they do", () => {
    const forks = jsonForks(BASE, mine, theirs);
    expect(forks.map(({ pointer }) => pointer)).toEqual([
      "/description",
      "/owner",
      "/schedule/cron",
    ]);
    const merged = mergedForks(theirs, forks, (pointer) => pointer !== "/owner");
    expect(merged).toEqual({ ...mine, owner: "li" });
    expect(mergedForks(theirs, forks, () => false)).toEqual(theirs);
  });

  test("what both changed alike is no choice", () => {
    expect(jsonForks(BASE, mine, mine)).toEqual([]);
  });

  test("a field that one side has taken away can be taken away in the merge", () => {
    const without = withJsonAt(BASE, "/tags", undefined);
    const forks = jsonForks(BASE, without, theirs);
    expect(mergedForks(theirs, forks, (pointer) => pointer === "/tags")).not.toHaveProperty("tags");
  });
});
