import { useState } from "preact/compat";
import { useLocation } from "wouter";
import type { ExecutorJson, JobFullJson, RunJson } from "../../api/shapes.ts";
import { useApi, useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { faultAt, Field, Select, TextArea, TextInput } from "../../kit/field.tsx";
import { useStateName } from "../../kit/status.tsx";
import { toast } from "../../kit/toast.tsx";
import { useZone } from "../../shell/zone.ts";
import { jobPath } from "./copy-as-curl.ts";
import { DialogForm } from "./dialog-form.tsx";
import { jobStrings } from "./job-strings.ts";
import { jobsStrings } from "./strings.ts";
import { instantOfLocal } from "../../kit/zoned-time.ts";

/** What is chosen about a run by hand. */
export type RunHow = "params" | "node" | "later";

interface RunDialogProps {
  readonly job: JobFullJson;
  readonly how: RunHow;
  readonly onClose: () => void;
}

/** Runs the job once with other params, on one node, or at another time. */
export function RunDialog({ job, how, onClose }: RunDialogProps) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const zone = useZone();
  const [, navigate] = useLocation();
  const [params, setParams] = useState(() => JSON.stringify(job.params, null, 2));
  const [node, setNode] = useState("");
  const [at, setAt] = useState("");
  const parsed = jsonObjectOf(params);
  const run = useChange<void, RunJson>(() => ({
    method: "POST",
    path: jobPath(job.name, "/runs"),
    body: {
      ...(parsed === null ? {} : { params: parsed }),
      ...(node === "" ? {} : { node }),
      ...(at === "" ? {} : { at: instantOfLocal(at, zone) }),
    },
  }));
  const send = async (): Promise<void> => {
    const { id } = await run.send();
    toast(say(at === "" ? "runBegun" : "runPlanned", { name: job.name }), {
      label: sayJobs("showRun"),
      run: () => navigate(`/runs/${id}`),
    });
  };
  return (
    <Dialog title={`${say(`run_${how}`)} ${job.name}`} isOpen onClose={onClose}>
      <DialogForm
        problem={run.problem}
        go={sayJobs("runNow")}
        send={send}
        onDone={onClose}
        isDisabled={
          parsed === null || (how === "node" && node === "") || (how === "later" && at === "")
        }
      >
        {how === "node" && job.target.kind === "executor" && (
          <NodeField executor={job.target.executor} node={node} onChange={setNode} />
        )}
        {how === "later" && (
          <Later at={at} setAt={setAt} zone={zone} fault={faultAt(run.problem, "/at")} />
        )}
        <Params
          text={params}
          setText={setParams}
          fault={parsed === null ? say("notObject") : faultAt(run.problem, "/params")}
        />
      </DialogForm>
    </Dialog>
  );
}

function Later(props: {
  readonly at: string;
  readonly setAt: (at: string) => void;
  readonly zone: string;
  readonly fault: string | undefined;
}) {
  const say = useStrings(jobStrings);
  return (
    <Field label={say("runAt")} hint={say("inZone", { zone: props.zone })} fault={props.fault}>
      {(control) => (
        <TextInput
          {...control}
          type="datetime-local"
          step={1}
          value={props.at}
          onInput={(event) => props.setAt(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Params(props: {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly fault: string | undefined;
}) {
  const say = useStrings(jobStrings);
  return (
    <Field label={say("params")} hint={say("paramsHint")} fault={props.fault}>
      {(control) => (
        <TextArea
          {...control}
          rows={6}
          value={props.text}
          onInput={(event) => props.setText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function NodeField(props: {
  readonly executor: string;
  readonly node: string;
  readonly onChange: (node: string) => void;
}) {
  const say = useStrings(jobStrings);
  const nameOf = useStateName();
  const read = useApi<ExecutorJson>(`/executors/${encodeURIComponent(props.executor)}`);
  const nodes = read.data?.nodes ?? [];
  const options = nodes.map(({ id, address, state }) => ({
    value: id,
    label: `${address} (${nameOf(state)})`,
  }));
  return (
    <Field
      label={say("node")}
      {...(read.data !== undefined && nodes.length === 0 ? { hint: say("noNodes") } : {})}
      fault={read.problem?.message}
    >
      {(control) => (
        <Select
          {...control}
          value={props.node}
          options={[{ value: "", label: say("choose") }, ...options]}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** The object that a text is; null for any other text. */
function jsonObjectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : null;
  } catch {
    return null;
  }
}
