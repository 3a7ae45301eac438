import type { MeJson } from "../../api/shapes.ts";
import { LANGUAGES, switchLanguage, useLanguage } from "../../i18n/language.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select } from "../../kit/field.tsx";
import { Card, Facts } from "../../kit/layout.tsx";
import { Table } from "../../kit/table.tsx";
import { toast } from "../../kit/toast.tsx";
import { live } from "../../live/live-connection.ts";
import { useMe } from "../../shell/me.ts";
import { PasswordForm } from "../../shell/password-form.tsx";
import { shellStrings } from "../../shell/strings.ts";
import { switchTheme, THEMES, useTheme } from "../../shell/theme.ts";
import { OWN_ZONE, switchZone, useZone } from "../../shell/zone.ts";
import { LimitWords } from "./executor-limit.tsx";
import { settingsStrings } from "./strings.ts";

/** Names of languages are said in those languages. */
const LANGUAGE_NAMES = { en: "English", zh: "中文" } as const;
const UTC = "UTC";

/** Oneself: who one is, one's password, and how the pages look. */
export function AccountSection() {
  const say = useStrings(settingsStrings);
  const me = useMe();
  const changed = (): void => {
    toast(say("passwordChanged"));
    // The session goes on under another cookie.
    live.restart();
  };
  return (
    <>
      <WhoIAm me={me} />
      <Card title={say("password")}>
        {me.kind === "user" ? (
          <div class="max-w-sm">
            <p class="mb-3 text-muted">{say("passwordAbout")}</p>
            <PasswordForm username={me.name} onDone={changed} />
          </div>
        ) : (
          <p class="text-muted">{say("noPassword")}</p>
        )}
      </Card>
      <Display />
    </>
  );
}

function WhoIAm({ me }: { readonly me: MeJson }) {
  const say = useStrings(settingsStrings);
  return (
    <Card title={say("whoIAm")}>
      <Facts
        items={[
          [say("username"), me.name],
          [say("kind"), say(`kind_${me.kind}`)],
          [say("namespace"), me.namespace],
          [say("roleHere"), `${say(me.role)}: ${say(`${me.role}About`)}`],
          [say("limitHere"), <LimitWords key="limit" executors={me.executors} />],
          [say("instanceAdmin"), say(me.isInstanceAdmin ? "yes" : "no")],
        ]}
      />
      <h3 class="mt-4 mb-1 font-medium">{say("memberships")}</h3>
      {me.isInstanceAdmin ? <p class="text-muted">{say("everywhere")}</p> : <Memberships me={me} />}
    </Card>
  );
}

function Memberships({ me }: { readonly me: MeJson }) {
  const say = useStrings(settingsStrings);
  return (
    <Table
      caption={say("memberships")}
      columns={[
        {
          key: "namespace",
          title: say("namespace"),
          cell: ({ namespace }) => (
            <>
              {namespace}
              {namespace === me.namespace && (
                <span class="ml-2 text-xs text-muted">{say("here")}</span>
              )}
            </>
          ),
        },
        { key: "role", title: say("role"), cell: ({ role }) => say(role) },
        {
          key: "limit",
          title: say("limit"),
          cell: ({ executors }) => <LimitWords executors={executors} />,
        },
      ]}
      rows={me.memberships}
      idOf={({ namespace }) => namespace}
    />
  );
}

/** Language, colours and time zone, as the menus of the bar have them. */
function Display() {
  const say = useStrings(settingsStrings);
  const sayShell = useStrings(shellStrings);
  const language = useLanguage();
  const theme = useTheme();
  return (
    <Card title={say("display")}>
      <p class="mb-3 text-muted">{say("displayAbout")}</p>
      <div class="grid max-w-2xl gap-3 sm:grid-cols-3">
        <Field label={sayShell("language")}>
          {(control) => (
            <Select
              {...control}
              value={language}
              options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
              onChange={({ currentTarget: { value } }) =>
                switchLanguage(LANGUAGES.find((known) => known === value) ?? language)
              }
            />
          )}
        </Field>
        <Field label={sayShell("theme")}>
          {(control) => (
            <Select
              {...control}
              value={theme}
              options={THEMES.map((value) => ({ value, label: sayShell(value) }))}
              onChange={({ currentTarget: { value } }) =>
                switchTheme(THEMES.find((known) => known === value) ?? theme)
              }
            />
          )}
        </Field>
        <ZoneField />
      </div>
    </Card>
  );
}

function ZoneField() {
  const say = useStrings(settingsStrings);
  const sayShell = useStrings(shellStrings);
  const zone = useZone();
  const others = [...new Set([UTC, zone, ...Intl.supportedValuesOf("timeZone")])];
  return (
    <Field label={say("zone")} hint={say("zoneHint")}>
      {(control) => (
        <Select
          {...control}
          value={zone}
          options={[
            { value: OWN_ZONE, label: sayShell("ownZone", { zone: OWN_ZONE }) },
            ...others
              .filter((name) => name !== OWN_ZONE)
              .map((name) => ({ value: name, label: name })),
          ]}
          onChange={({ currentTarget: { value } }) => switchZone(value === OWN_ZONE ? null : value)}
        />
      )}
    </Field>
  );
}
