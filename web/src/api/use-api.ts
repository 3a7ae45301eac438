import {
  QueryClient,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useRef } from "preact/compat";
import { useLive, useLiveState } from "../live/use-live.ts";
import { call, namespaceChoice, type Method, type Reply } from "./client.ts";
import { Problem } from "./problem.ts";
import type { PageJson } from "./shapes.ts";

/** While no live rows come, what is shown is asked for again this often. */
const POLL_MS = 5_000;
/** What is shown is loaded anew at most this often because of live rows. */
const RELOAD_MS_MIN = 2_000;
const RETRIES_MAX = 2;
/** A list with fewer items than this, though there is more, is read on by itself. */
const SHORT_ITEMS = 20;
/** And for so many pages at most; then there is a button. */
const FOLLOWED_MAX = 10;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => isWorthRetrying(error) && failures < RETRIES_MAX,
      refetchOnWindowFocus: true,
    },
  },
});

/** What a page reads: the data once it is there, the problem when the last try failed. */
export interface Read<T> {
  readonly data: T | undefined;
  readonly etag: string | null;
  readonly problem: Problem | null;
  readonly isPending: boolean;
  again(): void;
}

export interface ReadOptions {
  /** Loads anew when rows of these topics come. */
  readonly topics?: readonly string[];
  /** Loads anew this often whatever comes. */
  readonly everyMs?: number;
  /** Shows the last answer while another address is asked. */
  readonly isKept?: boolean;
}

/** Reads one address of the API, such as `/jobs/nightly`; null reads nothing. */
export function useApi<T>(path: string | null, options: ReadOptions = {}): Read<T> {
  const pollMs = usePolling(options);
  const query = useQuery({
    queryKey: keyOf(path ?? "nothing"),
    queryFn: ({ signal }) => call<T>("GET", path ?? "", { signal }),
    enabled: path !== null,
    refetchInterval: pollMs,
    ...(options.isKept === true ? { placeholderData: keepPreviousData } : {}),
  });
  const reload = (): void => void (path === null ? undefined : query.refetch());
  useReload(path === null ? [] : (options.topics ?? []), reload);
  return {
    data: query.data?.body,
    etag: query.data?.etag ?? null,
    problem: problemIn(query.error),
    isPending: query.isPending && path !== null,
    again: () => void query.refetch(),
  };
}

export interface ReadPages<T> extends Omit<Read<readonly T[]>, "etag"> {
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  more(): void;
}

/** Reads a list page by page. `path` has the filters, without a cursor. */
export function usePages<T>(path: string, options: ReadOptions = {}): ReadPages<T> {
  const pollMs = usePolling(options);
  const query = useInfiniteQuery({
    // The pages of a list are kept beside its first page alone, which another part may read with `useApi`.
    queryKey: [...keyOf(path), "pages"],
    queryFn: ({ pageParam, signal }) => {
      const mark = path.includes("?") ? "&" : "?";
      const cursor = pageParam === null ? "" : `${mark}cursor=${encodeURIComponent(pageParam)}`;
      return call<PageJson<T>>("GET", `${path}${cursor}`, { signal });
    },
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (last) => last.body.nextCursor,
    refetchInterval: pollMs,
    ...(options.isKept === true ? { placeholderData: keepPreviousData } : {}),
  });
  useReload(options.topics ?? [], () => void query.refetch());
  useFollow(query);
  const items = query.data?.pages.flatMap((page) => page.body.items);
  // Nothing found so far, and not everything looked at: that is not known yet.
  const isLooking = items?.length === 0 && query.isFetchingNextPage;
  return {
    data: isLooking ? undefined : items,
    problem: problemIn(query.error),
    isPending: query.isPending || isLooking,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    again: () => void query.refetch(),
    more: () => void query.fetchNextPage(),
  };
}

const FIRST_PAGE: string | null = null;

/** What `useFollow` looks at of a list. */
interface Followed {
  readonly data?: { readonly pages: readonly Reply<PageJson<unknown>>[] } | undefined;
  readonly hasNextPage: boolean;
  readonly isFetching: boolean;
  readonly isError: boolean;
  readonly fetchNextPage: () => unknown;
}

/**
 * A page of a list may be short although there is more: the server looks at so many rows at a time. Then the
 * next page is asked for at once, so that nobody reads "nothing found" where not everything was looked at.
 */
function useFollow(query: Followed): void {
  const pages = query.data?.pages ?? [];
  const items = pages.reduce((sum, page) => sum + page.body.items.length, 0);
  const isShort = items < SHORT_ITEMS && pages.length < FOLLOWED_MAX;
  const isDue = query.hasNextPage && !query.isFetching && !query.isError && isShort;
  const { fetchNextPage } = query;
  useEffect(() => {
    if (isDue) fetchNextPage();
  }, [isDue, pages.length, fetchNextPage]);
}

/** A change: `send` does it, `problem` says why the last one failed. */
export interface Change<I, T> {
  send(input: I): Promise<T>;
  readonly problem: Problem | null;
  readonly isPending: boolean;
  reset(): void;
}

export interface ChangeRequest {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly ifMatch?: string | null;
}

/**
 * A change of something on the server. When it is done, everything that is shown is asked for again; when it
 * fails, `send` rejects with the `Problem`.
 */
export function useChange<I, T>(request: (input: I) => ChangeRequest): Change<I, T> {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: async (input: I) => {
      const { method, path, ...sent } = request(input);
      return (await call<T>(method, path, sent)).body;
    },
    onSuccess: () => void client.invalidateQueries(),
  });
  return {
    send: (input) => mutation.mutateAsync(input),
    problem: problemIn(mutation.error),
    isPending: mutation.isPending,
    reset: () => mutation.reset(),
  };
}

function keyOf(path: string): readonly unknown[] {
  return ["api", namespaceChoice.read(), path];
}

function usePolling({ topics = [], everyMs }: ReadOptions): number | false {
  const state = useLiveState();
  if (everyMs !== undefined) return everyMs;
  return topics.length > 0 && state === "polling" ? POLL_MS : false;
}

/** Loads anew for live rows: soon after the first one, and not again for a while. */
function useReload(topics: readonly string[], reload: () => void): void {
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  // By then another address may be read, or none.
  const latest = useRef(reload);
  latest.current = reload;
  useLive(topics, () => {
    waiting.current ??= setTimeout(() => {
      waiting.current = null;
      latest.current();
    }, RELOAD_MS_MIN);
  });
}

function problemIn(error: unknown): Problem | null {
  return error instanceof Problem ? error : null;
}

/** What the caller did wrong stays wrong. */
function isWorthRetrying(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}
