import { type Cookie, request } from "playwright-core";

/** What a browser keeps of a login. */
export type Cookies = readonly Cookie[];

/**
 * Logs in at a host, as the page at its address would. The cookies may go with many pages: logins are few in a
 * minute. Throws with the answer when it is refused.
 */
export async function logIn(
  origin: string,
  who: { readonly username: string; readonly password: string },
): Promise<Cookies> {
  const headers = { origin, "sec-fetch-site": "same-origin" };
  const context = await request.newContext({ baseURL: origin, extraHTTPHeaders: headers });
  try {
    const answer = await context.post("/api/v1/login", { data: who });
    if (!answer.ok()) throw new Error(`login: ${answer.status()} ${await answer.text()}`);
    return (await context.storageState()).cookies;
  } finally {
    await context.dispose();
  }
}
