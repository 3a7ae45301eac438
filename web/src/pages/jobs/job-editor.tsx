import { useMemo } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { ConflictDialog } from "../../kit/conflict.tsx";
import { jsonAt, type JsonObject } from "../../kit/json-pointer.ts";
import { kitStrings } from "../../kit/strings.ts";
import { Tabs } from "../../kit/tabs.tsx";
import { useFilters } from "../../url/filters.ts";
import { DetailsCard } from "./card-details.tsx";
import { TargetCard } from "./card-target.tsx";
import { TroubleCard } from "./card-trouble.tsx";
import { WhenCard } from "./card-when.tsx";
import { jobHref } from "./copy-as-curl.ts";
import { FaultSummary } from "./fault-summary.tsx";
import { TextAt } from "./fields-at.tsx";
import { JobFormContext, textIn, type JobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";
import { JsonEditor } from "./json-editor.tsx";
import { PreviewPanel, type PreviewJson } from "./preview-panel.tsx";
import { useJobEditor } from "./use-job-editor.ts";
import { usePosted, type Posted } from "./use-posted.ts";

export interface JobEditorProps {
  /** Null makes a new job. */
  readonly name: string | null;
  /** Under which the unsaved draft is kept. */
  readonly draftKey: string;
  /** What the form begins with; of a job that there is, what was read. */
  readonly start: JsonObject;
  readonly etag: string | null;
}

/** The form of a job beside what its schedule means; or the JSON that would be sent. */
export function JobEditor(props: JobEditorProps) {
  const say = useStrings(formStrings);
  const editor = useJobEditor(props);
  const [filters, change] = useFilters();
  const { form, preview } = usePreviewed(editor.form);
  const faults = editor.problem?.faults ?? [];
  const showJson = (isJson: boolean): void => change({ as: isJson ? "json" : "" });
  return (
    <JobFormContext.Provider value={form}>
      {editor.isRestored && <RestoredNote discard={editor.discard} />}
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          editor.save();
        }}
      >
        <FaultSummary problem={editor.problem} faults={faults} showJson={() => showJson(true)} />
        <div class="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Tabs
            label={say("formOrJson")}
            value={filters["as"] === "json" ? "json" : "form"}
            onChange={(as) => showJson(as === "json")}
            tabs={[
              {
                value: "form",
                label: say("form"),
                content: () => <Cards isNew={props.name === null} />,
              },
              {
                value: "json",
                label: "JSON",
                content: () => <JsonEditor replace={editor.replace} />,
              },
            ]}
          />
          <PreviewPanel preview={preview} />
        </div>
        <SaveBar name={props.name} isSaving={editor.isSaving} canSave={editor.canSave} />
      </form>
      {editor.conflict !== null && (
        <ConflictDialog
          base={editor.conflict.base}
          mine={form.draft}
          theirs={editor.conflict.theirs}
          onResolve={editor.resolve}
          onClose={editor.dismiss}
        />
      )}
    </JobFormContext.Provider>
  );
}

/** The form with what the preview finds wrong with its schedule, while it is typed. */
function usePreviewed(inner: JobForm): {
  readonly form: JobForm;
  readonly preview: Posted<PreviewJson>;
} {
  const { draft } = inner;
  const schedule = jsonAt(draft, "/schedule");
  const preview = usePosted<PreviewJson>(
    "/schedules/preview",
    isWritten(draft) && schedule !== undefined ? { schedule } : null,
  );
  const form = useMemo(
    () => ({
      ...inner,
      faultAt: (pointer: string) =>
        inner.faultAt(pointer) ?? messageAt(preview.problem?.faults ?? [], pointer),
    }),
    [inner, preview.problem],
  );
  return { form, preview };
}

function Cards({ isNew }: { readonly isNew: boolean }) {
  const say = useStrings(formStrings);
  return (
    <div class="flex flex-col gap-4">
      <TextAt
        at="/name"
        label={say("name")}
        hint={isNew ? say("nameAbout") : say("nameStays")}
        isDisabled={!isNew}
        isRequired
      />
      <TargetCard />
      <WhenCard />
      <TroubleCard />
      <DetailsCard />
    </div>
  );
}

function RestoredNote({ discard }: { readonly discard: () => void }) {
  const say = useStrings(formStrings);
  return (
    <p
      role="status"
      class="mb-3 flex flex-wrap items-center gap-2 rounded-md border border-line bg-accent-ground px-3 py-1.5"
    >
      {say("restoredDraft")}
      <Button onClick={discard}>{say("discardDraft")}</Button>
    </p>
  );
}

function SaveBar(props: {
  readonly name: string | null;
  readonly isSaving: boolean;
  readonly canSave: boolean;
}) {
  const say = useStrings(formStrings);
  const sayKit = useStrings(kitStrings);
  const { name, isSaving, canSave } = props;
  return (
    <div class="sticky bottom-14 z-10 mt-4 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-ground py-2 sm:bottom-0">
      {!canSave && <span class="mr-auto text-bad">{say("mendFirst")}</span>}
      <ButtonLink href={name === null ? "/jobs" : jobHref(name)}>{sayKit("cancel")}</ButtonLink>
      <Button type="submit" look="primary" disabled={isSaving || !canSave}>
        {name === null ? say("create") : sayKit("save")}
      </Button>
    </div>
  );
}

/** A schedule whose main field is empty is not asked about yet. */
function isWritten(draft: JsonObject): boolean {
  const needed: Readonly<Record<string, string>> = {
    cron: "/schedule/cron",
    every: "/schedule/every",
    after: "/schedule/delay",
    at: "/schedule/at",
  };
  const pointer = needed[textIn(draft, "/schedule/kind")];
  return pointer === undefined || textIn(draft, pointer).trim() !== "";
}

function messageAt(
  faults: readonly { readonly pointer: string; readonly message: string }[],
  pointer: string,
): string | undefined {
  return faults.find((fault) => fault.pointer === pointer)?.message;
}
