import { namespaceChoice, type Method } from "../../api/client.ts";

/** A request to this server as a shell command; the token comes from the environment. */
export function curlOf(method: Method, path: string, body?: unknown): string {
  const namespace = namespaceChoice.read();
  const words = [
    `curl -sS -X ${method} ${quoted(`${location.origin}/api/v1${path}`)}`,
    `-H "Authorization: Bearer $TOKEN"`,
    ...(namespace === null ? [] : [`-H ${quoted(`X-Namespace: ${namespace}`)}`]),
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body, null, 2))}`]),
  ];
  return words.join(" \\\n  ");
}

/** Within single quotes a shell reads everything as it is, but for the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The address of a job in the API. */
export function jobPath(job: string, rest = ""): string {
  return `/jobs/${encodeURIComponent(job)}${rest}`;
}

/** The address of the page of a job. */
export function jobHref(job: string, rest = ""): string {
  return `/jobs/${encodeURIComponent(job)}${rest}`;
}
