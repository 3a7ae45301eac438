/** A call of the API of this origin as a command for a shell; the token is in `$TOKEN`. */
export function curlOf(method: "GET" | "POST", path: string, body?: unknown): string {
  const lines = [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(`${location.origin}/api/v1${path}`)}`,
    `-H "Authorization: Bearer $TOKEN"`,
  ];
  if (body !== undefined)
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

/** Within single quotes a shell leaves everything as it is, but for a single quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
