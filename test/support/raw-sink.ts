import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** In the order they came, names as they were sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface RawSink {
  readonly port: number;
  readonly requests: readonly RawRequest[];
  /** Connections that were opened, whether or not a byte came over them. */
  connections(): number;
  /** Most connections that were open at once. */
  connectionsPeak(): number;
  close(): Promise<void>;
}

/** Answers one request over the raw socket; `nth` counts the requests of that connection from 1. */
export type RawAnswer = (socket: Socket, request: RawRequest, nth: number) => void;

/**
 * A server that shows what came over the wire to the byte, and answers with whatever a test writes.
 */
export async function openRawSink(
  answer: RawAnswer,
  host = "127.0.0.1",
  port = 0,
): Promise<RawSink> {
  const requests: RawRequest[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let connectionsPeak = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    connectionsPeak = Math.max(connectionsPeak, open.size);
    // Most tests break connections on purpose.
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    let nth = 0;
    readRequests(socket, (request) => {
      requests.push(request);
      nth++;
      answer(socket, request, nth);
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    requests,
    connections: () => connections,
    connectionsPeak: () => connectionsPeak,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The bytes of a plain answer, framed by its length. */
export function rawAnswer(
  body: string | Buffer,
  { status = 200, headers = [] }: { status?: number; headers?: readonly string[] } = {},
): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status} Whatever`, ...headers, `Content-Length: ${bytes.length}`];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

function readRequests(socket: Socket, onRequest: (request: RawRequest) => void): void {
  let unread = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    unread = Buffer.concat([unread, Buffer.from(chunk)]);
    for (;;) {
      const headEnd = unread.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const request = parseHead(unread.subarray(0, headEnd).toString("latin1"));
      const length = request.headers.find(([name]) => name.toLowerCase() === "content-length");
      const end = headEnd + 4 + Number(length?.[1] ?? 0);
      if (unread.length < end) return;
      const body = unread.subarray(headEnd + 4, end).toString("utf8");
      unread = unread.subarray(end);
      onRequest({ ...request, body });
    }
  });
}

function parseHead(head: string): Omit<RawRequest, "body"> {
  const [start = "", ...lines] = head.split("\r\n");
  const [method = "", path = ""] = start.split(" ");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { method, path, headers };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error("no port was bound");
  return address.port;
}
