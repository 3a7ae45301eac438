import type { JobJson, RunJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { kitStrings } from "../../kit/strings.ts";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useLocation } from "wouter";
import { jobPath } from "./copy-as-curl.ts";
import { deleteLater, keepAfterAll, UNDO_MS } from "./pending-deletes.ts";
import { jobsStrings } from "./strings.ts";

/** What is done to a job without a dialog; each says what it did, and what can be taken back offers to. */
export interface JobActions {
  run(job: string): void;
  pause(job: string): void;
  resume(job: string): void;
  remove(job: string): void;
}

export function useJobActions(): JobActions {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  const [, navigate] = useLocation();
  const running = useChange<string, RunJson>((job) => post(jobPath(job, "/runs")));
  const pausing = useChange<string, JobJson>((job) => post(jobPath(job, "/pause")));
  const resuming = useChange<string, JobJson>((job) => post(jobPath(job, "/resume")));
  const run = async (job: string): Promise<void> => {
    const { id } = await running.send(job);
    const show = { label: say("showRun"), run: () => navigate(`/runs/${id}`) };
    toast(say("didRun", { name: job }), show);
  };
  const resume = async (job: string): Promise<void> => {
    await resuming.send(job);
    toast(say("didResume", { name: job }));
  };
  const pause = async (job: string): Promise<void> => {
    await pausing.send(job);
    const undo = { label: sayKit("undo"), run: () => told(resume(job)) };
    toast(say("didPause", { name: job }), undo);
  };
  return {
    run: (job) => told(run(job)),
    pause: (job) => told(pause(job)),
    resume: (job) => told(resume(job)),
    remove: (job) => {
      deleteLater(job);
      const undo = { label: sayKit("undo"), run: () => keepAfterAll(job) };
      toast(say("willDelete", { name: job, seconds: UNDO_MS / 1_000 }), undo, UNDO_MS);
    },
  };
}

function post(path: string): { readonly method: "POST"; readonly path: string; readonly body: {} } {
  return { method: "POST", path, body: {} };
}

function told(action: Promise<void>): void {
  action.catch(toastFailure);
}
