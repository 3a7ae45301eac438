import { Clock, Languages, Moon } from "lucide-react";
import { useState } from "preact/compat";
import { LANGUAGES, switchLanguage } from "../i18n/language.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, TextInput } from "../kit/field.tsx";
import { Menu } from "../kit/menu.tsx";
import { kitStrings } from "../kit/strings.ts";
import { useLiveState } from "../live/use-live.ts";
import { switchTheme, THEMES } from "./theme.ts";
import { OWN_ZONE, switchZone, useZone } from "./zone.ts";
import { shellStrings } from "./strings.ts";

const LANGUAGE_NAMES = { en: "English", zh: "中文" } as const;
const COMMON_ZONES = ["UTC", "Asia/Shanghai"] as const;

/** Whether what is shown follows what happens. */
export function ConnectionDot() {
  const say = useStrings(shellStrings);
  const state = useLiveState();
  const text = say("connection", { state: say(state) });
  const look = { live: "bg-ok-fill", connecting: "bg-warn-fill", polling: "bg-idle-fill" } as const;
  return (
    <span role="status" title={text} class="flex items-center px-1">
      <span aria-hidden="true" class={`inline-block size-2.5 rounded-full ${look[state]}`} />
      <span class="sr-only">{text}</span>
    </span>
  );
}

/** Time zone, language and colours of the pages. */
export function LookMenus() {
  const say = useStrings(shellStrings);
  const zone = useZone();
  const [isChoosing, setChoosing] = useState(false);
  const zones = [...new Set([...COMMON_ZONES, zone])].filter((name) => name !== OWN_ZONE);
  return (
    <>
      <Menu
        label={say("zone", { zone })}
        trigger={
          <>
            <Clock size={16} aria-hidden="true" />
            <span class="hidden text-xs lg:inline">{zone}</span>
          </>
        }
        items={[
          { label: say("ownZone", { zone: OWN_ZONE }), onSelect: () => switchZone(null) },
          ...zones.map((name) => ({ label: name, onSelect: () => switchZone(name) })),
          { label: `${say("otherZone")}…`, onSelect: () => setChoosing(true) },
        ]}
      />
      <Menu
        label={say("language")}
        trigger={<Languages size={16} aria-hidden="true" />}
        items={LANGUAGES.map((language) => ({
          label: LANGUAGE_NAMES[language],
          onSelect: () => switchLanguage(language),
        }))}
      />
      <Menu
        label={say("theme")}
        trigger={<Moon size={16} aria-hidden="true" />}
        items={THEMES.map((theme) => ({ label: say(theme), onSelect: () => switchTheme(theme) }))}
      />
      {isChoosing && <ZoneDialog onClose={() => setChoosing(false)} />}
    </>
  );
}

function ZoneDialog({ onClose }: { readonly onClose: () => void }) {
  const say = useStrings(shellStrings);
  const sayKit = useStrings(kitStrings);
  const [name, setName] = useState("");
  const zones = Intl.supportedValuesOf("timeZone");
  const isKnown = name === "UTC" || zones.includes(name);
  return (
    <Dialog title={say("otherZone")} isOpen onClose={onClose}>
      <form
        class="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isKnown) return;
          switchZone(name);
          onClose();
        }}
      >
        <Field label={say("otherZone")} hint="Asia/Shanghai, America/New_York, UTC …">
          {(control) => (
            <TextInput
              {...control}
              list="time-zones"
              value={name}
              onInput={(event) => setName(event.currentTarget.value.trim())}
            />
          )}
        </Field>
        <datalist id="time-zones">
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <Button look="primary" type="submit" disabled={!isKnown}>
          {sayKit("save")}
        </Button>
      </form>
    </Dialog>
  );
}
