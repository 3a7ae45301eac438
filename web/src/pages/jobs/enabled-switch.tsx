import { useState } from "preact/compat";
import type { JobJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { faultAt, Field, TextInput } from "../../kit/field.tsx";
import { useMay } from "../../shell/me.ts";
import { useZone } from "../../shell/zone.ts";
import { jobPath } from "./copy-as-curl.ts";
import { DialogForm } from "./dialog-form.tsx";
import { jobStrings } from "./job-strings.ts";
import { jobsStrings } from "./strings.ts";
import { instantOfLocal } from "../../kit/zoned-time.ts";

const MISSED = ["skip", "latest", "all"] as const;

/** Whether the job runs by its schedule. Turning it off asks why and until when, turning it on what to make up for. */
export function EnabledSwitch({ job }: { readonly job: JobJson }) {
  const say = useStrings(jobStrings);
  const mayRun = useMay("operator");
  const [isAsking, setAsking] = useState(false);
  const isOn = job.state === "active";
  if (job.state === "ended") return null;
  const close = (): void => setAsking(false);
  return (
    <>
      <button
        type="button"
        role="switch"
        aria-checked={isOn}
        disabled={!mayRun}
        onClick={() => setAsking(true)}
        class="inline-flex min-h-8 items-center gap-2 rounded-md px-1.5 hover:bg-hover"
      >
        <span
          aria-hidden="true"
          class={`flex h-5 w-9 items-center rounded-full border px-0.5 ${isOn ? "justify-end border-ok bg-ok-ground" : "border-line-strong bg-hover"}`}
        >
          <span class={`block size-3.5 rounded-full ${isOn ? "bg-ok-fill" : "bg-idle-fill"}`} />
        </span>
        {say("enabled")}
      </button>
      {isAsking && isOn && <PauseDialog job={job.name} onClose={close} />}
      {isAsking && !isOn && <ResumeDialog job={job} onClose={close} />}
    </>
  );
}

interface DialogProps {
  readonly job: string;
  readonly onClose: () => void;
}

function PauseDialog({ job, onClose }: DialogProps) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const zone = useZone();
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const pause = useChange<void, JobJson>(() => ({
    method: "POST",
    path: jobPath(job, "/pause"),
    body: {
      reason: reason.trim() === "" ? null : reason.trim(),
      until: instantOfLocal(until, zone),
    },
  }));
  return (
    <Dialog
      title={say("pauseTitle", { name: job })}
      about={say("pauseAbout")}
      isOpen
      onClose={onClose}
    >
      <DialogForm
        problem={pause.problem}
        go={sayJobs("pause")}
        send={() => pause.send()}
        onDone={onClose}
      >
        <Field label={say("reason")} fault={faultAt(pause.problem, "/reason")}>
          {(control) => (
            <TextInput
              {...control}
              value={reason}
              maxLength={1_024}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label={say("pauseUntil")}
          hint={say("pauseUntilHint", { zone })}
          fault={faultAt(pause.problem, "/until")}
        >
          {(control) => (
            <TextInput
              {...control}
              type="datetime-local"
              value={until}
              onInput={(event) => setUntil(event.currentTarget.value)}
            />
          )}
        </Field>
      </DialogForm>
    </Dialog>
  );
}

function ResumeDialog({ job, onClose }: { readonly job: JobJson; readonly onClose: () => void }) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const [missed, setMissed] = useState<(typeof MISSED)[number]>(job.misfire.policy);
  const resume = useChange<void, JobJson>(() => ({
    method: "POST",
    path: jobPath(job.name, "/resume"),
    body: { missed },
  }));
  return (
    <Dialog title={say("resumeTitle", { name: job.name })} isOpen onClose={onClose}>
      <DialogForm
        problem={resume.problem}
        go={sayJobs("resume")}
        send={() => resume.send()}
        onDone={onClose}
      >
        <fieldset class="flex flex-col gap-1">
          <legend class="mb-1 font-medium">{say("missedLegend")}</legend>
          {MISSED.map((policy) => (
            <label key={policy} class="flex min-h-8 items-center gap-2">
              <input
                type="radio"
                name="missed"
                checked={policy === missed}
                onChange={() => setMissed(policy)}
              />
              {say(`missed_${policy}`)}
              {policy === job.misfire.policy && (
                <span class="text-xs text-muted">({say("asDefined")})</span>
              )}
            </label>
          ))}
        </fieldset>
      </DialogForm>
    </Dialog>
  );
}
