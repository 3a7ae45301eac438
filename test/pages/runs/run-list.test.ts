import { describe, expect, test } from "vitest";
import {
  firstRows,
  freshOf,
  withHead,
  withMore,
  withNews,
} from "../../../web/src/pages/runs/run-rows.ts";
import { bulkFilters, listQuery } from "../../../web/src/pages/runs/runs-query.ts";
import { neighboursIn } from "../../../web/src/pages/runs/run-trail.ts";
import { inputOfInstant, instantOfInput } from "../../../web/src/pages/runs/zoned-input.ts";
import { runJson } from "../../../src/api/run-json.ts";
import { aRun } from "../../support/a-run.ts";

const NOW_MS = Date.UTC(2027, 0, 1, 12, 0, 30);

function row(id: string, version = 1) {
  return { ...runJson(aRun()), id, version };
}

function idsOf(rows: { readonly ids: readonly string[] }): string {
  return rows.ids.join("");
}

describe("the rows of the list", () => {
  const rows = firstRows([row("c"), row("b"), row("a")]);

  test("change in their places, and never go back to an older version", () => {
    const later = withNews(rows, [row("b", 3), row("z", 9)]);
    expect(idsOf(later)).toBe("cba");
    expect(later.byId.get("b")?.version).toBe(3);
    expect(withNews(later, [row("b", 2)])).toBe(later);
  });

  test("new runs wait before them, and are counted", () => {
    const head = [row("e"), row("d"), row("c"), row("b")];
    expect(freshOf(rows, head).map(({ id }) => id)).toEqual(["e", "d"]);
    expect(idsOf(withMore(rows, head))).toBe("cba");
    expect(idsOf(withHead(rows, head))).toBe("edcba");
  });

  test("a head that does not join begins the list anew", () => {
    expect(idsOf(withHead(rows, [row("z"), row("y")]))).toBe("zy");
  });

  test("what is loaded behind the last one is added, also when new runs have moved the pages", () => {
    const loaded = [row("d"), row("c"), row("b"), row("a"), row("9"), row("8")];
    expect(idsOf(withMore(rows, loaded))).toBe("cba98");
  });
});

describe("the filters", () => {
  test("a span that ends now begins at a full minute", () => {
    expect(listQuery({ range: "15m", state: "failed,nonsense" }, NOW_MS)).toBe(
      "?from=2027-01-01T11%3A45%3A00.000Z&state=failed",
    );
  });

  test("what is not ours is left out", () => {
    expect(listQuery({ evil: "1", level: "error", q: "" }, NOW_MS)).toBe("");
  });

  test("a retry of all that match leaves out what succeeded, unless that was asked for", () => {
    const open = bulkFilters({ job: "x" }, "retry", NOW_MS);
    expect(open?.possible).toEqual({ job: "x", state: ["failed", "timed_out", "lost"] });
    const asked = bulkFilters({ state: "succeeded,running" }, "retry", NOW_MS);
    expect(asked?.possible).toEqual({ state: ["succeeded"] });
    expect(asked?.all).toEqual({ state: ["succeeded", "running"] });
  });

  test("canceling what has ended is nothing to do", () => {
    expect(bulkFilters({ state: "failed" }, "cancel", NOW_MS)?.possible).toBeNull();
  });

  test("no bulk action is wider than the list that is shown", () => {
    expect(bulkFilters({ backfill: "b" }, "retry", NOW_MS)).toBeNull();
    expect(bulkFilters({ parent: "run_1" }, "cancel", NOW_MS)).toBeNull();
    expect(bulkFilters({ slowerThan: "5s", deadLetter: "1" }, "retry", NOW_MS)?.possible).toEqual({
      slowerThan: "5s",
      deadLetter: true,
      state: ["failed", "timed_out", "lost"],
    });
  });
});

describe("times that are typed", () => {
  test.each([
    ["2027-01-01T09:30", "Asia/Shanghai", "2027-01-01T01:30:00.000Z"],
    ["2027-07-01T09:30", "America/New_York", "2027-07-01T13:30:00.000Z"],
    // Twice: the earlier one is meant.
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["2027-01-01T09:30", "Asia/Kathmandu", "2027-01-01T03:45:00.000Z"],
  ])("%s in %s is %s", (text, zone, at) => {
    expect(instantOfInput(text, zone)).toBe(at);
    expect(inputOfInstant(at, zone)).toBe(text);
  });

  test("a time that does not exist is one beside it, and none is none", () => {
    expect(instantOfInput("2027-03-28T02:30", "Europe/Berlin")).toMatch(/^2027-03-28T0[01]:30/);
    expect(instantOfInput("", "UTC")).toBe("");
    expect(inputOfInstant("nonsense", "UTC")).toBe("");
  });
});

test("the runs beside one are those of the list that it was opened from", () => {
  const trail = { query: "?state=failed", ids: ["a", "b", "c"] };
  expect(neighboursIn(trail, "b")).toEqual({ before: "a", behind: "c", at: 1 });
  expect(neighboursIn(trail, "a").before).toBeNull();
  expect(neighboursIn(trail, "z")).toEqual({ before: null, behind: null, at: -1 });
});
