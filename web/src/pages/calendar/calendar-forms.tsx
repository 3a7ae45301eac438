import { Ellipsis } from "lucide-react";
import { useState } from "preact/compat";
import { useLocation } from "wouter";
import type { z } from "zod";
import type { seedsOut } from "../../../../src/api/calendar-schema.ts";
import { useApi, useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Field, faultAt, FormProblem, Select, TextInput } from "../../kit/field.tsx";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { businessStrings } from "./business-strings.ts";
import { calendarPath } from "./calendar-rules.ts";
import { CalendarEditor } from "./calendar-editor.tsx";
import type { CalendarJson } from "./shading.tsx";

type SeedsJson = z.infer<typeof seedsOut>;

/** The button that makes a calendar, for those who may. */
export function NewCalendar() {
  const say = useStrings(businessStrings);
  const [isOpen, setOpen] = useState(false);
  if (!useMay("editor")) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{say("newOne")}</Button>
      <Dialog title={say("newOne")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <NewForm onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function NewForm({ onDone }: { readonly onDone: () => void }) {
  const say = useStrings(businessStrings);
  const sayKit = useStrings(kitStrings);
  const [name, setName] = useState("");
  const [seed, setSeed] = useState("");
  const create = useChange<undefined, unknown>(() => ({
    method: "POST",
    path: "/calendars",
    body: seed === "" ? { name } : { name, seed },
  }));
  const save = async (): Promise<void> => {
    try {
      await create.send(undefined);
    } catch {
      return;
    }
    toast(say("saved", { name }));
    onDone();
  };
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormProblem problem={create.problem} />
      <Field label={say("name")} fault={faultAt(create.problem, "/name")} isRequired>
        {(control) => (
          <TextInput
            {...control}
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value.trim())}
          />
        )}
      </Field>
      <SeedField value={seed} onChange={setSeed} />
      <Button look="primary" type="submit" disabled={create.isPending}>
        {sayKit("save")}
      </Button>
    </form>
  );
}

function SeedField(props: { readonly value: string; readonly onChange: (seed: string) => void }) {
  const say = useStrings(businessStrings);
  const seeds = useApi<SeedsJson>("/calendar-seeds").data?.items ?? [];
  const chosen = seeds.find(({ name }) => name === props.value);
  const hint =
    chosen === undefined
      ? undefined
      : say("seedInfo", {
          closed: chosen.excludeCount,
          open: chosen.includeCount,
          source: chosen.source,
        });
  return (
    <Field label={say("seed")} {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <Select
          {...control}
          value={props.value}
          options={[
            { value: "", label: say("noSeed") },
            ...seeds.map(({ name, description }) => ({
              value: name,
              label: `${name} – ${description}`,
            })),
          ]}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** What can be done with one calendar: whoever sees it may see its history. */
export function CalendarActions({ calendar }: { readonly calendar: CalendarJson }) {
  const say = useStrings(businessStrings);
  const sayKit = useStrings(kitStrings);
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const [filters] = useFilters();
  const [path, navigate] = useLocation();
  const mayEdit = useMay("editor");
  const { name } = calendar;
  const close = (): void => setOpen(null);
  // A place of its own, which Back leaves.
  const place = withFilters(path, { ...filters, history: name });
  const seeHistory = { label: say("history"), onSelect: () => navigate(place) };
  const changes = [
    { label: say("edit"), onSelect: () => setOpen("edit") },
    { label: say("remove"), isDanger: true, onSelect: () => setOpen("remove") },
  ];
  return (
    <>
      <Menu
        label={`${sayKit("actions")}: ${name}`}
        trigger={<Ellipsis size={16} aria-hidden="true" />}
        items={mayEdit ? [seeHistory, ...changes] : [seeHistory]}
      />
      <Dialog title={name} isOpen={open === "edit"} onClose={close} isWide>
        <CalendarEditor calendar={calendar} onDone={close} />
      </Dialog>
      <Dialog
        title={`${say("remove")}: ${name}`}
        about={say("removeAbout")}
        isOpen={open === "remove"}
        onClose={close}
      >
        <Removal calendar={calendar} onClose={close} />
      </Dialog>
    </>
  );
}

function Removal(props: { readonly calendar: CalendarJson; readonly onClose: () => void }) {
  const say = useStrings(businessStrings);
  const sayKit = useStrings(kitStrings);
  const { calendar, onClose } = props;
  const { name } = calendar;
  const remove = useChange<undefined, unknown>(() => ({
    method: "DELETE",
    path: calendarPath(name),
    ifMatch: calendar.etag,
  }));
  const removeNow = (): void => {
    onClose();
    remove.send(undefined).then(() => toast(say("removed", { name })), toastFailure);
  };
  return (
    <div class="flex gap-2">
      <Button look="danger" onClick={removeNow}>
        {say("remove")}
      </Button>
      <Button onClick={onClose}>{sayKit("cancel")}</Button>
    </div>
  );
}
