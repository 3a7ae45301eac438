import { createContext } from "preact";
import { useContext } from "preact/compat";
import type { MeJson, Role } from "../api/shapes.ts";

const RANK: Readonly<Record<Role, number>> = {
  viewer: 1,
  operator: 2,
  editor: 3,
  admin: 4,
  owner: 5,
};

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
  return RANK[useMe().role] >= RANK[needed];
}
