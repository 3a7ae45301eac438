import { useCallback } from "preact/compat";
import { useLocation, useSearch } from "wouter";

/** The filters of a page, which live in its address: `?state=failed&job=x`. Empty ones are not there. */
export type Filters = Readonly<Record<string, string>>;

/**
 * Reads and writes the filters in the address. A change replaces the entry of the history, so that Back leaves
 * the page, and comes back to it as it was.
 */
export function useFilters(): readonly [Filters, (changes: Filters) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const filters: Filters = Object.fromEntries(new URLSearchParams(search));
  const change = useCallback(
    (changes: Filters) => {
      // As the address is now: what is typed comes after a pause, in which another filter may have been chosen.
      const next = { ...Object.fromEntries(new URLSearchParams(location.search)), ...changes };
      navigate(withFilters(path, next), { replace: true });
    },
    [path, navigate],
  );
  return [filters, change];
}

/** An address with filters; empty ones are left out. */
export function withFilters(path: string, filters: Filters): string {
  const kept = Object.entries(filters).filter(([, value]) => value !== "");
  return kept.length === 0 ? path : `${path}?${new URLSearchParams(kept).toString()}`;
}
