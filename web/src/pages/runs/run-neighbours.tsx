import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useMemo } from "preact/compat";
import { tinykeys } from "tinykeys";
import { useLocation } from "wouter";
import { useStrings } from "../../i18n/strings.ts";
import { IconButton } from "../../kit/button.tsx";
import { isTyping } from "../../shell/shortcuts.tsx";
import { neighboursIn, trailNow } from "./run-trail.ts";
import { runStrings } from "./run-strings.ts";

/** The way to the runs before and behind this one in the list that it was opened from, by button or with k and j. */
export function RunNeighbours({ id }: { readonly id: string }) {
  const say = useStrings(runStrings);
  const [, navigate] = useLocation();
  const { before, behind, at } = useMemo(() => neighboursIn(trailNow(), id), [id]);
  useEffect(() => {
    const go = (to: string | null) => (event: KeyboardEvent) => {
      if (to !== null && !isTyping(event)) navigate(`/runs/${to}`);
    };
    return tinykeys(globalThis.window, { j: go(behind), k: go(before) });
  }, [before, behind, navigate]);
  if (at < 0) return null;
  return (
    <span class="inline-flex">
      <IconButton
        label={say("previous")}
        disabled={before === null}
        onClick={() => before !== null && navigate(`/runs/${before}`)}
      >
        <ChevronLeft size={18} />
      </IconButton>
      <IconButton
        label={say("next")}
        disabled={behind === null}
        onClick={() => behind !== null && navigate(`/runs/${behind}`)}
      >
        <ChevronRight size={18} />
      </IconButton>
    </span>
  );
}

/** The address of the list that was shown last, with its filters. */
export function useBackToList(): string {
  return useMemo(() => `/runs${trailNow()?.query ?? ""}`, []);
}
