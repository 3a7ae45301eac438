import { useEffect, useRef, useState } from "preact/compat";
import { call } from "../../api/client.ts";
import { Problem, unreachable } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { auditStrings } from "./audit-strings.ts";

/** GET /audit/verify hashes up to 5,000 entries; it is asked so often. */
const STEPS_MAX = 2_000;

interface Verdict {
  readonly ok: boolean;
  readonly entries: number;
  readonly brokenAt: number | null;
  readonly nextSeq: number | null;
  readonly headHash: string;
}

type Walk =
  | { readonly kind: "none" }
  | { readonly kind: "walking"; readonly count: number }
  | { readonly kind: "done"; readonly count: number; readonly verdict: Verdict }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Hashes the chain of entries anew, and says in words what that found. */
export function AuditVerify({ onOpen }: { readonly onOpen: (seq: number) => void }) {
  const say = useStrings(auditStrings);
  const [walk, start] = useWalk();
  return (
    <div class="mt-3 flex flex-col gap-2">
      <Button class="self-start" disabled={walk.kind === "walking"} onClick={start}>
        {say("verify")}
      </Button>
      <div role="status">
        {walk.kind === "walking" && (
          <p class="text-muted">{say("verifying", { count: walk.count })}</p>
        )}
        {walk.kind === "done" && walk.verdict.ok && (
          <Holds count={walk.count} verdict={walk.verdict} />
        )}
      </div>
      {walk.kind === "done" && !walk.verdict.ok && (
        <Broken seq={walk.verdict.brokenAt ?? 0} onOpen={onOpen} />
      )}
      {walk.kind === "failed" && <Failure problem={walk.problem} again={start} />}
    </div>
  );
}

/** Walks along the chain until its end, the first entry that does not fit, or another page. */
function useWalk(): readonly [Walk, () => void] {
  const [walk, setWalk] = useState<Walk>({ kind: "none" });
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const go = async (signal: AbortSignal): Promise<void> => {
    let count = 0;
    let fromSeq = 1;
    for (let steps = 1; ; steps++) {
      setWalk({ kind: "walking", count });
      const path = `/audit/verify?fromSeq=${fromSeq}`;
      // oxlint-disable-next-line no-await-in-loop -- Each step begins where the one before it ended.
      const { body } = await call<Verdict>("GET", path, { signal });
      count += body.entries;
      const { nextSeq } = body;
      if (nextSeq === null || steps === STEPS_MAX)
        return setWalk({ kind: "done", count, verdict: body });
      fromSeq = nextSeq;
    }
  };
  const start = (): void => {
    stop.current.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    go(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      setWalk({ kind: "failed", problem: error instanceof Problem ? error : unreachable(error) });
    });
  };
  return [walk, start];
}

function Holds({ count, verdict }: { readonly count: number; readonly verdict: Verdict }) {
  const say = useStrings(auditStrings);
  if (count === 0) return <p class="text-muted">{say("nothingToVerify")}</p>;
  return (
    <div class="rounded-md bg-ok-ground px-3 py-2">
      <p class="font-medium text-ok">
        <span aria-hidden="true">✓</span>{" "}
        {say(verdict.nextSeq === null ? "fits" : "fitsSoFar", { count })}
      </p>
      <p class="mt-1 flex flex-wrap items-center gap-x-2 text-xs">
        {say("headHash")} <code class="break-all">{verdict.headHash}</code>
        <CopyButton text={verdict.headHash} />
      </p>
      <p class="text-xs">{say("headHint")}</p>
    </div>
  );
}

function Broken(props: { readonly seq: number; readonly onOpen: (seq: number) => void }) {
  const say = useStrings(auditStrings);
  const { seq, onOpen } = props;
  return (
    <div role="alert" class="rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad">
      <p class="font-medium">
        <span aria-hidden="true">✗</span> {say("broken", { seq })}
      </p>
      <p class="mt-1">{say("brokenDo")}</p>
      <Button class="mt-2" onClick={() => onOpen(seq)}>
        {say("brokenOpen", { seq })}
      </Button>
    </div>
  );
}
