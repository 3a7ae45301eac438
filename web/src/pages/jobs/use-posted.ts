import { useEffect, useRef, useState } from "preact/compat";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";

/** A question to the API that needs a body is asked when the typing rests. */
const REST_MS = 300;

export interface Posted<T> {
  /** The last good answer, which stays while another one is awaited or refused. */
  readonly data: T | undefined;
  /** Why the present body was refused. */
  readonly problem: Problem | null;
  readonly isPending: boolean;
}

/** Asks again whenever the body changes; null asks nothing. For routes that change nothing. */
export function usePosted<T>(path: string, body: unknown): Posted<T> {
  const [posted, setPosted] = useState<Posted<T>>({
    data: undefined,
    problem: null,
    isPending: false,
  });
  const text = body === null ? null : JSON.stringify(body);
  const latest = useRef(body);
  latest.current = body;
  useEffect(() => {
    if (text === null) return undefined;
    const stopping = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const sent = { body: latest.current, signal: stopping.signal };
        const { body: data } = await call<T>("POST", path, sent);
        setPosted({ data, problem: null, isPending: false });
      } catch (error) {
        if (stopping.signal.aborted) return;
        const problem = error instanceof Problem ? error : null;
        setPosted(({ data }) => ({ data, problem, isPending: false }));
      }
    };
    setPosted((before) => ({ ...before, isPending: true }));
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => {
      clearTimeout(timer);
      stopping.abort();
    };
  }, [path, text]);
  return posted;
}
