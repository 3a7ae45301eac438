import { Refusal } from "../core/refusal.ts";
import type { ListedNode } from "../ports/executor-commands.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { NodeBody } from "./executor-schema.ts";

/**
 * The nodes that a caller listed, each address in its one spelling. Throws `target.refused` for an
 * address that may not be called, or is listed twice.
 */
export function listedNodes(
  bodies: readonly NodeBody[],
  deps: Pick<ApiDeps, "egress">,
): readonly ListedNode[] {
  const seen = new Set<string>();
  return bodies.map(({ address: sent, ...body }, i) => {
    const pointer = `/nodes/${i}/address`;
    const address = callableAddress(sent, pointer, deps);
    if (seen.has(address)) throw refused(pointer, "Listed twice.");
    seen.add(address);
    return { address, ...body };
  });
}

/** A node's address in its one spelling. Throws `target.refused` for one that may not be called. */
export function callableAddress(
  sent: string,
  pointer: string,
  { egress }: Pick<ApiDeps, "egress">,
): string {
  const address = spelledAddress(sent);
  if (address === null)
    throw refused(pointer, "Not an http or https address without user, query and fragment.");
  const reason = egress.refuses(address);
  if (reason !== null) throw refused(pointer, reason);
  return address;
}

/** What a path calls a node: its id as it is, its address in its one spelling. */
export function nodeName(sent: string): string {
  return spelledAddress(sent) ?? sent;
}

/** The base address in one spelling, without a slash at its end; null when it is none. */
function spelledAddress(sent: string): string | null {
  if (!URL.canParse(sent)) return null;
  const url = new URL(sent);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function refused(pointer: string, message: string): Refusal {
  return new Refusal("target.refused", `The address of the node is refused: ${message}`, {
    errors: [{ pointer, message }],
    hint: "Use a public http or https address, or let the operator open it with EGRESS_ALLOW.",
  });
}
