import { storedText } from "../url/stored.ts";
import { type Problem, problemOf, unreachable } from "./problem.ts";

const BASE = "/api/v1";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Sent {
  readonly body?: unknown;
  /** The ETag of what was read, for a change that must not overwrite another one. */
  readonly ifMatch?: string | null;
  readonly signal?: AbortSignal;
}

export interface Reply<T> {
  readonly body: T;
  readonly etag: string | null;
  readonly status: number;
}

/** The namespace that the pages show; null takes the server's choice. */
export const namespaceChoice = storedText("tw.namespace");

/** Called when the session has ended, or there was none. */
let onLoginNeeded: () => void = () => {};

export function whenLoginNeeded(listener: () => void): void {
  onLoginNeeded = listener;
}

/**
 * One request to the API with the session's cookie. `T` is the shape that the route is described with: the
 * one place where an answer is believed to have it. Throws `Problem` for everything that is not 2xx.
 */
export async function call<T>(method: Method, path: string, sent: Sent = {}): Promise<Reply<T>> {
  const response = await reach(method, path, sent);
  if (!response.ok) throw await refused(response, path);
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  // Where there is no body, the caller has said with its `T` that it wants none.
  const body: T = isJson ? await response.json() : JSON.parse("null");
  return { body, etag: response.headers.get("ETag"), status: response.status };
}

/** An answer that goes on for a while, such as the lines of a log that is followed, as text while it comes. */
export async function streamed(path: string, signal: AbortSignal): Promise<ReadableStream<string>> {
  const response = await reach("GET", path, { signal });
  if (!response.ok) throw await refused(response, path);
  const body = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
  return body.pipeThrough(new TextDecoderStream());
}

/** The text of a download. */
export async function download(path: string): Promise<Blob> {
  const response = await reach("GET", path, {});
  if (!response.ok) throw await refused(response, path);
  return response.blob();
}

async function refused(response: Response, path: string): Promise<Problem> {
  const problem = await problemOf(response);
  const isLogin = problem.code === "login.needed" || problem.code === "token.missing";
  if (isLogin && path !== "/me") onLoginNeeded();
  return problem;
}

async function reach(method: Method, path: string, sent: Sent): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET" && method !== "DELETE") headers.set("Content-Type", "application/json");
  if (typeof sent.ifMatch === "string") headers.set("If-Match", sent.ifMatch);
  const namespace = namespaceChoice.read();
  if (namespace !== null) headers.set("X-Namespace", namespace);
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (sent.body !== undefined) init.body = JSON.stringify(sent.body);
  if (sent.signal !== undefined) init.signal = sent.signal;
  try {
    return await fetch(`${BASE}${path}`, init);
  } catch (error) {
    if (sent.signal?.aborted === true) throw error;
    throw unreachable(error);
  }
}
