/** So long a place is looked for while the page that it belongs to is still loading. */
const SOUGHT_MS_MAX = 5_000;
/** A place that was kept so long is found: nothing below or above it moves any more. */
const KEPT_MS = 500;
const ADDRESSES_MAX = 100;
/** What a reader does who wants to be elsewhere. */
const OWN_MOVES = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

/**
 * Shows a new page from its top, and one that somebody comes back to where it was left. The browser looks for that
 * place only once, before the rows of a list are there again. To be called once.
 */
export function keepPlaces(): void {
  const places = new Map<string, number>();
  let shown = addressNow();
  let isSeeking = false;
  let giveUp: (() => void) | null = null;
  const stop = (): void => giveUp?.();
  const keep = (): void => {
    if (isSeeking) return;
    // The latest one is the last to be forgotten.
    places.delete(shown);
    places.set(shown, scrollY);
    const [oldest] = places.keys();
    if (places.size > ADDRESSES_MAX && oldest !== undefined) places.delete(oldest);
  };
  const seek = (): void => {
    isSeeking = true;
    giveUp = hold(places.get(shown) ?? 0, () => (isSeeking = false));
  };
  const moved = (): string => {
    stop();
    const before = shown;
    shown = addressNow();
    return before;
  };
  addEventListener("scroll", keep, { passive: true });
  for (const move of OWN_MOVES) addEventListener(move, stop, { passive: true });
  addEventListener("popstate", () => {
    moved();
    seek();
  });
  // Told by the router. A page that changes its own address, as filters do, stays where it is.
  addEventListener("replaceState", () => {
    moved();
    keep();
  });
  addEventListener("pushState", () => {
    if (pathOf(moved()) !== location.pathname) scrollTo({ top: 0 });
  });
}

/** Scrolls to a place until it is kept; returns what gives up. */
function hold(top: number, onEnd: () => void): () => void {
  const endMs = performance.now() + SOUGHT_MS_MAX;
  let keptSinceMs: number | null = null;
  let frame = 0;
  const end = (): void => {
    cancelAnimationFrame(frame);
    onEnd();
  };
  const step = (nowMs: number): void => {
    const isThere = Math.abs(scrollY - top) <= 1;
    keptSinceMs = isThere ? (keptSinceMs ?? nowMs) : null;
    if (!isThere) scrollTo({ top });
    const isKept = keptSinceMs !== null && nowMs - keptSinceMs >= KEPT_MS;
    if (isKept || nowMs > endMs) end();
    else frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
  return end;
}

function addressNow(): string {
  return location.pathname + location.search;
}

function pathOf(address: string): string {
  return address.split("?", 1)[0] ?? "";
}
