const REQUEST_MS_MAX = 15_000;

/**
 * The `fetch` option of a libSQL client that talks to a server: the client itself would wait for
 * ever for a server that accepts a connection and says nothing. The time is that of one request,
 * from the first byte out to the last byte in.
 */
export function fetchWithin(requestMsMax: number): (request: Request) => Promise<Response> {
  return (request) => fetch(request, { signal: AbortSignal.timeout(requestMsMax) });
}

/** What the hosts use. */
export const fetchWithDeadline = fetchWithin(REQUEST_MS_MAX);
