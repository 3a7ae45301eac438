import { Refusal } from "../core/refusal.ts";
import type { ExecutorNode } from "../ports/directory.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { NodeBody } from "./executor-schema.ts";

/**
 * The nodes that a caller listed, each with an identity: an address that was there before keeps its
 * own. Throws `target.refused` for an address that may not be called, or is listed twice.
 */
export function nodesOf(
  bodies: readonly NodeBody[],
  earlier: readonly ExecutorNode[],
  deps: Pick<ApiDeps, "egress" | "ids"> & { readonly nowMs: number },
): readonly ExecutorNode[] {
  const idByAddress = new Map(earlier.map((node) => [node.address, node.id]));
  const seen = new Set<string>();
  return bodies.map(({ address: sent, weight }, i) => {
    const address = addressOf(sent);
    const reason =
      address === null
        ? "Not an http or https address without user, query and fragment."
        : seen.has(address)
          ? "Listed twice."
          : deps.egress.refuses(address);
    if (address === null || reason !== null) throw refused(i, reason ?? "");
    seen.add(address);
    const id = idByAddress.get(address) ?? `node_${deps.ids.next(deps.nowMs).replaceAll("-", "")}`;
    return { id, address, weight };
  });
}

/** The base address in one spelling, without a slash at its end; null when it is none. */
function addressOf(sent: string): string | null {
  if (!URL.canParse(sent)) return null;
  const url = new URL(sent);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function refused(index: number, message: string): Refusal {
  return new Refusal("target.refused", `The address of node ${index} is refused: ${message}`, {
    errors: [{ pointer: `/nodes/${index}/address`, message }],
    hint: "Use a public http or https address, or let the operator open it with EGRESS_ALLOW.",
  });
}
