import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "preact/compat";
import { Problem } from "../../api/problem.ts";
import type { JobJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Progress } from "../../kit/bar.tsx";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Field, TextInput } from "../../kit/field.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import {
  BULK_JOBS_MAX,
  doToEach,
  walkJobs,
  type BulkAction,
  type BulkProgress,
} from "./bulk-work.ts";
import { exportJobs } from "./export-jobs.ts";
import { jobsStrings } from "./strings.ts";

export type BulkSource =
  | { readonly kind: "chosen"; readonly jobs: readonly JobJson[] }
  | { readonly kind: "matching"; readonly path: string; readonly filterText: string };

interface BulkDialogProps {
  readonly action: BulkAction;
  readonly source: BulkSource;
  /** `isDone` says that something was done. */
  readonly onClose: (isDone: boolean) => void;
}

const NAMES_SHOWN = 8;

/** Says how many jobs an action would reach, asks, does it with its progress, and lists what failed by name. */
export function BulkDialog({ action, source, onClose }: BulkDialogProps) {
  const say = useStrings(jobsStrings);
  const found = useFound(source);
  const work = useWork(action);
  const jobs = found.jobs ?? [];
  const begin = (): void => {
    if (action !== "export") return work.begin(jobs.map(({ name }) => name));
    exportJobs(jobs);
    onClose(true);
  };
  return (
    <Dialog
      isOpen
      title={say(`bulk_${action}`)}
      onClose={() => {
        work.stop();
        onClose(work.progress !== null);
      }}
    >
      {found.problem !== null && <Failure problem={found.problem} />}
      {found.jobs === null && found.problem === null && <p role="status">{say("counting")}</p>}
      {found.jobs !== null && work.progress === null && (
        <Asked action={action} source={source} jobs={jobs} isCut={found.isCut} onBegin={begin} />
      )}
      {work.progress !== null && (
        <Working
          progress={work.progress}
          total={jobs.length}
          isOver={work.isOver}
          stop={work.stop}
          close={() => onClose(true)}
        />
      )}
    </Dialog>
  );
}

interface Found {
  readonly jobs: readonly JobJson[] | null;
  readonly isCut: boolean;
  readonly problem: Problem | null;
}

function useFound(source: BulkSource): Found {
  const [found, setFound] = useState<Found>(() =>
    source.kind === "chosen"
      ? { jobs: source.jobs, isCut: false, problem: null }
      : { jobs: null, isCut: false, problem: null },
  );
  const path = source.kind === "matching" ? source.path : null;
  useEffect(() => {
    if (path === null) return undefined;
    const stopping = new AbortController();
    walkJobs(path, stopping.signal).then(
      ({ jobs, isCut }) => setFound({ jobs, isCut, problem: null }),
      (error: unknown) => {
        if (error instanceof Problem) setFound({ jobs: null, isCut: false, problem: error });
      },
    );
    return () => stopping.abort();
  }, [path]);
  return found;
}

function useWork(action: BulkAction) {
  const client = useQueryClient();
  const stopping = useRef(new AbortController());
  const [progress, setProgress] = useState<BulkProgress | null>(null);
  const [isOver, setOver] = useState(false);
  const begin = async (names: readonly string[]): Promise<void> => {
    if (action === "export") return;
    setProgress({ done: 0, failures: [] });
    await doToEach(action, names, stopping.current.signal, setProgress);
    setOver(true);
    await client.invalidateQueries();
  };
  return {
    progress,
    isOver,
    begin: (names: readonly string[]) => void begin(names),
    stop: () => stopping.current.abort(),
  };
}

/** How many it would be, and the question. Deleting many needs their number to be typed. */
function Asked(props: {
  readonly action: BulkAction;
  readonly source: BulkSource;
  readonly jobs: readonly JobJson[];
  readonly isCut: boolean;
  readonly onBegin: () => void;
}) {
  const say = useStrings(jobsStrings);
  const { action, source, jobs, isCut, onBegin } = props;
  const [typed, setTyped] = useState("");
  const count = jobs.length;
  const needed = count === 1 ? (jobs[0]?.name ?? "") : String(count);
  const isSure = action !== "delete" || typed.trim() === needed;
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isSure && count > 0) onBegin();
      }}
    >
      <Reach source={source} jobs={jobs} isCut={isCut} />
      {action === "delete" && (
        <Field label={say("typeToDelete", { text: needed })} hint={say("noUndo")}>
          {(control) => (
            <TextInput
              {...control}
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Button
        type="submit"
        look={action === "delete" ? "danger" : "primary"}
        disabled={!isSure || count === 0}
      >
        {say("bulkGo", { action: say(`bulk_${action}`), count })}
      </Button>
    </form>
  );
}

function Reach(props: {
  readonly source: BulkSource;
  readonly jobs: readonly JobJson[];
  readonly isCut: boolean;
}) {
  const say = useStrings(jobsStrings);
  const { source, jobs, isCut } = props;
  const count = jobs.length;
  const names = jobs.slice(0, NAMES_SHOWN).map(({ name }) => name);
  return (
    <>
      <p>
        {source.kind === "matching"
          ? say("reachesMatching", { count, filter: source.filterText })
          : say("reaches", { count })}
      </p>
      {isCut && <p class="text-warn">{say("isCut", { most: BULK_JOBS_MAX })}</p>}
      <p class="text-muted break-words">
        {names.join(", ")}
        {count > names.length && ` … ${say("andMore", { count: count - names.length })}`}
      </p>
    </>
  );
}

function Working(props: {
  readonly progress: BulkProgress;
  readonly total: number;
  readonly isOver: boolean;
  readonly stop: () => void;
  readonly close: () => void;
}) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  const { progress, total, isOver } = props;
  const { done, failures } = progress;
  return (
    <div class="flex flex-col gap-3">
      <Progress percent={total === 0 ? 100 : (100 * done) / total} label={say("bulk")} />
      <p role="status">
        {say("doneOf", { done: done - failures.length, total })}
        {failures.length > 0 && ` ${say("failedCount", { count: failures.length })}`}
      </p>
      {failures.length > 0 && (
        <ul class="max-h-64 list-disc overflow-auto pl-5 text-bad">
          {failures.map(({ name, problem }) => (
            <li key={name} class="break-words">
              <b>{name}</b>: {problem?.message ?? "?"}
              {problem?.requestId != null && <code class="ml-1 text-xs">{problem.requestId}</code>}
            </li>
          ))}
        </ul>
      )}
      <div class="flex justify-end">
        <Button onClick={isOver ? props.close : props.stop}>
          {isOver ? sayKit("close") : say("stop")}
        </Button>
      </div>
    </div>
  );
}
