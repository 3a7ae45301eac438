/** How long one request to a libSQL server may take, from the first byte out to the last byte in. */
export const LIBSQL_REQUEST_MS_MAX = 15_000;

/**
 * The `fetch` option of a libSQL client that talks to a server: the client itself would wait for ever
 * for a server that accepts a connection and says nothing.
 */
export function fetchWithin(requestMsMax: number): (request: Request) => Promise<Response> {
  return (request) => fetch(request, { signal: AbortSignal.timeout(requestMsMax) });
}
