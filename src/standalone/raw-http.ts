import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A request that the server handed over unparsed; null when it is none that a `Request` can stand for. */
export function requestOf({ method, url, headers }: IncomingMessage): Request | null {
  const address = `http://${headers.host ?? "localhost"}${url ?? "/"}`;
  if (!URL.canParse(address)) return null;
  const said = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  try {
    return new Request(address, { method: method ?? "GET", headers: said });
  } catch {
    return null;
  }
}

/** Answers on the bare connection, and ends it. */
export async function answerRaw(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].filter(([name]) => name !== "content-length");
  const lines = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "connection: close",
  ];
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]));
}
