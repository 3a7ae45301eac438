import { useState } from "preact/compat";
import type { Problem } from "../../api/problem.ts";
import type { NamespaceJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { Field, faultAt, TextInput } from "../../kit/field.tsx";
import { Form, TextFields } from "../../kit/form.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast } from "../../kit/toast.tsx";
import { useGuardedSave } from "../../kit/guarded-save.tsx";
import { namespaceStrings } from "./namespace-strings.ts";

const KINDS = ["jobs", "workflows", "executors"] as const;

/** The quotas as they are typed; empty is no bound. */
type QuotaTexts = Readonly<Record<(typeof KINDS)[number], string>>;

const NO_TEXTS: QuotaTexts = { jobs: "", workflows: "", executors: "" };

/** Makes a namespace. */
export function NamespaceNew({ onClose }: { readonly onClose: () => void }) {
  const say = useStrings(namespaceStrings);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [texts, setTexts] = useState(NO_TEXTS);
  const make = useChange<undefined, NamespaceJson>(() => ({
    method: "POST",
    path: "/namespaces",
    body: { name, description, quotas: quotasOf(texts) },
  }));
  const create = async (): Promise<void> => {
    try {
      await make.send(undefined);
    } catch {
      return;
    }
    toast(say("wasMade", { name }));
    onClose();
  };
  const fields = [
    {
      key: "name",
      label: say("name"),
      value: name,
      set: setName,
      hint: say("nameHint"),
      isRequired: true,
    },
    { key: "description", label: say("description"), value: description, set: setDescription },
  ];
  return (
    <Dialog title={say("new")} isOpen onClose={onClose}>
      <Form
        problem={make.problem}
        isPending={make.isPending}
        submitLabel={say("create")}
        onSubmit={() => void create()}
      >
        <TextFields fields={fields} problem={make.problem} />
        <QuotaFields texts={texts} onChange={setTexts} problem={make.problem} />
      </Form>
    </Dialog>
  );
}

/** Changes the description and the quotas. */
export function NamespaceEdit(props: {
  readonly namespace: NamespaceJson;
  readonly onClose: () => void;
}) {
  const say = useStrings(namespaceStrings);
  const sayKit = useStrings(kitStrings);
  // The form changes what was read when it was opened, whatever is read meanwhile.
  const [base] = useState(props.namespace);
  const { name } = base;
  const [description, setDescription] = useState(base.description);
  const [texts, setTexts] = useState(() => textsOf(base));
  const change = useGuardedSave<NamespaceJson>({
    path: `/namespaces/${encodeURIComponent(name)}`,
    base,
    fieldsOf: (read) => ({ description: read.description, quotas: read.quotas }),
    onSaved: () => {
      toast(say("saved", { name }));
      props.onClose();
    },
  });
  const { problem } = change;
  const field = {
    key: "description",
    label: say("description"),
    value: description,
    set: setDescription,
  };
  return (
    <Dialog title={say("editOf", { name })} about={say("lowered")} isOpen onClose={props.onClose}>
      <Form
        problem={problem}
        isPending={change.isPending}
        submitLabel={sayKit("save")}
        onSubmit={() => change.save({ description, quotas: quotasOf(texts) })}
      >
        <TextFields fields={[field]} problem={problem} />
        <QuotaFields texts={texts} onChange={setTexts} problem={problem} />
      </Form>
      {change.conflict}
    </Dialog>
  );
}

function QuotaFields(props: {
  readonly texts: QuotaTexts;
  readonly onChange: (texts: QuotaTexts) => void;
  readonly problem: Problem | null;
}) {
  const say = useStrings(namespaceStrings);
  const { texts, onChange, problem } = props;
  return (
    <fieldset class="min-w-0">
      <legend class="mb-1 font-medium">{say("quotas")}</legend>
      <p class="mb-1 text-xs text-muted">{say("quotaHint")}</p>
      <div class="grid gap-3 sm:grid-cols-3">
        {KINDS.map((kind) => (
          <Field key={kind} label={say(kind)} fault={faultAt(problem, `/quotas/${kind}`)}>
            {(control) => (
              <TextInput
                {...control}
                type="number"
                min={0}
                step={1}
                value={texts[kind]}
                onInput={(event) => onChange({ ...texts, [kind]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}

function textsOf({ quotas: { jobs, workflows, executors } }: NamespaceJson): QuotaTexts {
  return {
    jobs: textOfQuota(jobs),
    workflows: textOfQuota(workflows),
    executors: textOfQuota(executors),
  };
}

function quotasOf({ jobs, workflows, executors }: QuotaTexts): NamespaceJson["quotas"] {
  return {
    jobs: quotaOfText(jobs),
    workflows: quotaOfText(workflows),
    executors: quotaOfText(executors),
  };
}

function textOfQuota(most: number | null): string {
  return most === null ? "" : String(most);
}

function quotaOfText(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
