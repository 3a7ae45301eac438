/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** No event of the API is nearly as long. */
const EVENT_CHARS_MAX = 1_000_000;

/** The events in a stream of text, as they come. Throws when the stream breaks, or is none of events. */
export async function* eventsOf(text: ReadableStream<string>): AsyncGenerator<ServerEvent> {
  const reader = text.getReader();
  let held = "";
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- A stream comes piece by piece.
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = `${held}${value.replaceAll("\r\n", "\n")}`.split("\n\n");
      held = blocks.pop() ?? "";
      if (held.length > EVENT_CHARS_MAX) throw new Error("An event of the stream is too long.");
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** Null for what is only a comment, such as the one that keeps a silent connection open. */
function eventOf(block: string): ServerEvent | null {
  const fields = block.split("\n").map((line) => /^(event|data): ?(.*)$/.exec(line));
  const valuesOf = (name: string): readonly string[] =>
    fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ""] : []));
  const data = valuesOf("data");
  return data.length === 0 ? null : { event: valuesOf("event")[0] ?? "", data: data.join("\n") };
}
