import { useQuery } from "@tanstack/react-query";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { AboutJson } from "../../api/shapes.ts";
import type { Read } from "../../api/use-api.ts";
import type { ClockDifference } from "./findings.ts";

/** How often the parts of the deployment are asked how they stand, in milliseconds. */
export const ABOUT_EVERY_MS = 10_000;

export interface AboutSeen {
  readonly about: AboutJson;
  readonly clock: ClockDifference;
}

/**
 * GET /about, and what its answer tells of the server's clock: it was read some time between the moment of asking
 * and that of the answer, by the clock of this browser.
 */
export function useAbout(): Pick<Read<AboutSeen>, "data" | "problem" | "isPending" | "again"> {
  const query = useQuery({
    queryKey: ["about and clock"],
    queryFn: async ({ signal }): Promise<AboutSeen> => {
      const askedMs = Date.now();
      const { body } = await call<AboutJson>("GET", "/about", { signal });
      const answeredMs = Date.now();
      const middleMs = (askedMs + answeredMs) / 2;
      const aheadMs = Math.round(Date.parse(body.now) - middleMs);
      return { about: body, clock: { aheadMs, withinMs: Math.ceil(answeredMs - middleMs) } };
    },
    refetchInterval: ABOUT_EVERY_MS,
  });
  return {
    data: query.data,
    problem: query.error instanceof Problem ? query.error : null,
    isPending: query.isPending,
    again: () => void query.refetch(),
  };
}
