import { createContext } from "preact";
import { useContext } from "preact/compat";
import { includesRole, type Role } from "../../../src/core/role.ts";
import type { MeJson } from "../api/shapes.ts";

export const MeContext = createContext<MeJson | null>(null);

/** Who is logged in. Pages are shown to nobody else. */
export function useMe(): MeJson {
  const me = useContext(MeContext);
  if (me === null) throw new Error("Pages are shown to those who are logged in.");
  return me;
}

/**
 * Whether the viewer's role is enough, so that pages leave out what the server would refuse. It is the server
 * that decides.
 */
export function useMay(needed: Role): boolean {
  return includesRole(useMe().role, needed);
}
