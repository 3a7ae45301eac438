import type { ComponentType } from "preact";
import { Link, Redirect, useLocation, useParams } from "wouter";
import type { Role } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Select } from "../../kit/field.tsx";
import { Empty, Page } from "../../kit/layout.tsx";
import { NotFound } from "../../shell/guarded.tsx";
import { useMay, useMe } from "../../shell/me.ts";
import { AboutSection } from "./about.tsx";
import { AccountSection } from "./account.tsx";
import { AuditSection } from "./audit.tsx";
import { NamespacesSection } from "./namespaces.tsx";
import { SessionsSection } from "./sessions.tsx";
import { settingsStrings } from "./strings.ts";
import { TokensSection } from "./tokens.tsx";
import { UsersSection } from "./users.tsx";

interface Section {
  readonly key: "account" | "sessions" | "users" | "tokens" | "namespaces" | "audit" | "about";
  readonly needs: Role;
  /** Tells of everything in the namespace, which is not for those who are limited to some executors. */
  readonly isWhole?: boolean;
  readonly Shows: ComponentType;
}

const SECTIONS: readonly Section[] = [
  { key: "account", needs: "viewer", Shows: AccountSection },
  { key: "sessions", needs: "viewer", Shows: SessionsSection },
  { key: "users", needs: "admin", Shows: UsersSection },
  { key: "tokens", needs: "admin", Shows: TokensSection },
  { key: "namespaces", needs: "viewer", Shows: NamespacesSection },
  { key: "audit", needs: "admin", isWhole: true, Shows: AuditSection },
  { key: "about", needs: "viewer", Shows: AboutSection },
];

/** The settings: a list of sections, and the one that the address names. */
export function SettingsPage() {
  const say = useStrings(settingsStrings);
  const { section: name } = useParams<{ readonly section?: string }>();
  const mayManage = useMay("admin");
  const isLimited = useMe().executors !== null;
  if (name === undefined) return <Redirect to="/settings/account" replace />;
  const section = SECTIONS.find(({ key }) => key === name);
  if (section === undefined)
    return (
      <Page title={say("title")}>
        <NotFound />
      </Page>
    );
  const isAllowed = ({ needs, isWhole = false }: Section): boolean =>
    (mayManage || needs !== "admin") && !(isWhole && isLimited);
  return (
    <Page title={say(section.key)} path={[{ label: say("title"), href: "/settings/account" }]}>
      <div class="grid gap-4 md:grid-cols-[11rem_minmax(0,1fr)]">
        <Sections of={SECTIONS.filter(isAllowed)} current={section.key} />
        <div class="flex min-w-0 flex-col gap-4">
          {isAllowed(section) ? <section.Shows /> : <NotYours />}
        </div>
      </div>
    </Page>
  );
}

/** A list beside the section; where there is no room for one, a choice above it. */
function Sections(props: { readonly of: readonly Section[]; readonly current: Section["key"] }) {
  const say = useStrings(settingsStrings);
  const [, navigate] = useLocation();
  return (
    <nav aria-label={say("sections")}>
      <Select
        class="md:hidden"
        aria-label={say("sections")}
        value={props.current}
        options={props.of.map(({ key }) => ({ value: key, label: say(key) }))}
        onChange={(event) => navigate(`/settings/${event.currentTarget.value}`)}
      />
      <ul class="hidden flex-col gap-0.5 md:flex">
        {props.of.map(({ key }) => {
          const isHere = key === props.current;
          return (
            <li key={key}>
              <Link
                href={`/settings/${key}`}
                {...(isHere ? { "aria-current": "page" } : {})}
                class={`block rounded-md px-2 py-1.5 ${isHere ? "bg-accent-ground font-medium text-accent" : "text-muted hover:bg-hover hover:text-text"}`}
              >
                {say(key)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function NotYours() {
  const say = useStrings(settingsStrings);
  const { role, namespace } = useMe();
  return (
    <Empty title={say("notYours", { role: say(role), namespace })}>{say("notYoursAbout")}</Empty>
  );
}
