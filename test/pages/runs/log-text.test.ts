import { describe, expect, test } from "vitest";
import { plainOf, styledOf } from "../../../web/src/pages/runs/ansi.ts";
import { eventsOf } from "../../../web/src/pages/runs/sse.ts";
import { piecesOf } from "../../../web/src/pages/runs/text-pieces.ts";

const ESC = "\u001B";

describe("the colours of a log line", () => {
  test.each([
    [
      `${ESC}[31mred${ESC}[0m plain`,
      [
        ["red", "text-bad"],
        [" plain", ""],
      ],
    ],
    [
      `${ESC}[1;32mok${ESC}[22m still`,
      [
        ["ok", "text-ok font-semibold"],
        [" still", "text-ok"],
      ],
    ],
    [`${ESC}[38;5;208morange`, [["orange", "text-warn"]]],
    [
      `${ESC}[38;2;0;0;255mblue${ESC}[39m.`,
      [
        ["blue", "text-accent"],
        [".", ""],
      ],
    ],
    [`${ESC}[48;5;196;4mground`, [["ground", "underline"]]],
    [`${ESC}[999;;m${ESC}[mx`, [["x", ""]]],
  ])("%j becomes classes of our own", (line, wanted) => {
    expect(styledOf(line).map(({ text, look }) => [text, look])).toEqual(wanted);
  });

  test.each([
    [`${ESC}]8;;javascript:alert(1)\u0007click${ESC}]8;;\u0007`, "click"],
    [`${ESC}]0;title${ESC}\\text`, "text"],
    [`${ESC}[2J${ESC}[H${ESC}(Bcleared`, "Bcleared"],
    [`a\u202Eb\u0007c\u200F`, "a‹202e›b‹0007›c‹200f›"],
    [`tab\there\r\nand there`, "tab\there\nand there"],
    [`${ESC}[`, "["],
    ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
  ])("%j leaves the text that was meant to be seen", (line, wanted) => {
    expect(plainOf(line)).toBe(wanted);
    expect(
      styledOf(line)
        .map(({ text }) => text)
        .join(""),
    ).toBe(wanted);
  });

  test("a line made to be slow is read in no time", () => {
    const startMs = performance.now();
    plainOf(`${ESC}]`.repeat(4_000));
    plainOf(`${ESC}[${"1;".repeat(4_000)}`);
    plainOf(`${ESC}[${" ".repeat(8_000)}`);
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

describe("the pieces of a text", () => {
  test("addresses of the web are links, without what ends the sentence", () => {
    const pieces = piecesOf("see https://a.example/x?y=1#z, or (http://b.example/).", "");
    expect(pieces.filter(({ href }) => href !== null).map(({ text }) => text)).toEqual([
      "https://a.example/x?y=1#z",
      "http://b.example/",
    ]);
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "https://", "ftp://a.example"])(
    "%s is no link",
    (text) => {
      expect(piecesOf(text, "").every(({ href }) => href === null)).toBe(true);
    },
  );

  test("what was searched for is marked in links, too, and the text stays the same", () => {
    const text = "Ab https://a.example/AB ab";
    const pieces = piecesOf(text, "ab");
    expect(pieces.filter(({ isMatch }) => isMatch).map((piece) => piece.text)).toEqual([
      "Ab",
      "AB",
      "ab",
    ]);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });
});

async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("the events of a stream", () => {
  test("come whole, however the stream is cut, and without comments", async () => {
    const text = 'event: line\ndata: {"a":1}\nid: 1.1\n\n: nothing new\n\nevent: end\ndata: {}\n\n';
    const cut = new ReadableStream<string>({
      start(controller) {
        for (const char of text) controller.enqueue(char);
        controller.close();
      },
    });
    const events = await all(eventsOf(cut));
    expect(events).toEqual([
      { event: "line", data: '{"a":1}' },
      { event: "end", data: "{}" },
    ]);
  });

  test("an event that never ends is given up", async () => {
    const endless = new ReadableStream<string>({
      pull: (controller) => controller.enqueue("x".repeat(100_000)),
    });
    await expect(all(eventsOf(endless))).rejects.toThrow("too long");
  });
});
