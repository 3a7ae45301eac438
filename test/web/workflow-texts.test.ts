import { describe, expect, it } from "vitest";
import { lineDiff } from "../../web/src/pages/workflows/line-diff.ts";
import { lineOf, parsedText } from "../../web/src/pages/workflows/parsed-text.ts";
import { stepsByName, stepsInOrder } from "../../web/src/pages/workflows/steps-by-name.ts";

describe("a comparison of two texts", () => {
  it("shows what goes and what comes, with three lines around it", () => {
    const before = "1\n2\n3\n4\n5\nold\n7\n8\n9\n10\n11\n";
    const after = before.replace("old", "new");

    expect(lineDiff(before, after)).toEqual([
      { kind: "gap", count: 2 },
      ...["3", "4", "5"].map((text) => ({ kind: "same", text })),
      { kind: "removed", text: "old" },
      { kind: "added", text: "new" },
      ...["7", "8", "9"].map((text) => ({ kind: "same", text })),
      { kind: "gap", count: 2 },
    ]);
  });

  it("keeps every line of either text, whatever they have in common", () => {
    const before = ["a", "b", "c", "a", "b", "b", "a"];
    const after = ["c", "b", "a", "b", "a", "c"];

    const lines = lineDiff(before.join("\n"), after.join("\n")).flatMap((line) =>
      line.kind === "gap" ? [] : [line],
    );

    const of = (gone: string): readonly string[] =>
      lines.filter(({ kind }) => kind !== gone).map(({ text }) => text);
    expect(of("added")).toEqual(before);
    expect(of("removed")).toEqual(after);
  });
});

describe("a definition that is typed", () => {
  const yaml = "# mine\nsteps:\n  - name: a\n  - name: b\n    after:\n      - a\n";

  it("knows the line of what a pointer points at, in YAML and in JSON", async () => {
    const read = await parsedText(yaml, "yaml", "");
    const json = JSON.stringify(read.value, null, 2);
    const again = await parsedText(json, "json", "");

    const line = (pointer: string): number => lineOf(yaml, read.offsetOf(pointer));
    expect([line("/steps/1/after/0"), line("/steps/1/name"), line("/steps/1/nothing")]).toEqual([
      6, 4, 4,
    ]);
    expect(json.slice(again.offsetOf("/steps/1/after/0")).startsWith('"a"')).toBe(true);
  });

  it("says where it cannot be read", async () => {
    const broken = await parsedText("steps:\n  - name: a\n    name: b\n", "yaml", "");
    const cut = await parsedText('{"steps": [', "json", "");
    const list = await parsedText("- a", "yaml", "no mapping");

    expect(broken.value).toBeNull();
    expect(lineOf("steps:\n  - name: a\n    name: b\n", broken.faults[0]?.offset ?? 0)).toBe(3);
    expect(cut.faults).toHaveLength(1);
    expect(list.faults).toEqual([{ offset: 0, message: "no mapping" }]);
  });
});

describe("steps by their names", () => {
  it("come back in the order that was chosen, with new ones last", () => {
    const definition = { owner: "me", steps: [{ name: "b" }, { name: "a", after: ["b"] }] };

    const named = stepsByName(definition);

    expect(stepsInOrder(named)).toEqual(definition);
    expect(stepsInOrder({ ...named, steps: { c: { name: "c" }, a: { name: "a" } } })).toEqual({
      owner: "me",
      steps: [{ name: "a" }, { name: "c" }],
    });
  });

  it("stay a list where two have the same name", () => {
    const definition = { steps: [{ name: "a" }, { name: "a" }] };

    expect(stepsInOrder(stepsByName(definition))).toEqual(definition);
  });
});
