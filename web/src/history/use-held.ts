import { useCallback, useEffect, useState } from "preact/compat";
import { call, type Reply } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import type { JsonObject } from "../kit/json-pointer.ts";

/** An object of the API as it was when it was asked for: it stays so until it is asked for again. */
export interface Held {
  readonly data: Reply<JsonObject> | undefined;
  readonly problem: Problem | null;
  readonly isPending: boolean;
  again(): void;
}

/** Reads an object once, so that what a dialog compares with does not change under the cursor. */
export function useHeld(path: string): Held {
  const [data, setData] = useState<Reply<JsonObject> | undefined>();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isPending, setPending] = useState(true);
  const again = useCallback(() => {
    const read = async (): Promise<void> => {
      setPending(true);
      try {
        setData(await call<JsonObject>("GET", path));
        setProblem(null);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        setProblem(error);
      } finally {
        setPending(false);
      }
    };
    void read();
  }, [path]);
  useEffect(() => again(), [again]);
  return { data, problem, isPending, again };
}
