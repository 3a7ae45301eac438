import type { ComponentChildren } from "preact";
import { useEffect } from "preact/compat";
import { TextLink } from "./button.tsx";

interface PageProps {
  readonly title: string;
  /** What stands before the title, the way up first. */
  readonly path?: readonly { readonly label: string; readonly href: string }[];
  /** Beside the title: a state, a name. */
  readonly beside?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page: one heading, its actions, its content. The title of the window follows the heading. */
export function Page({ title, path = [], beside, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Tickwheel`;
  }, [title]);
  return (
    <div class="mx-auto w-full max-w-[1400px] px-3 py-4 sm:px-6">
      {path.length > 0 && (
        <nav aria-label="Breadcrumb" class="mb-1 flex flex-wrap gap-1 text-xs text-muted">
          {path.map(({ label, href }) => (
            <span key={href}>
              <TextLink href={href}>{label}</TextLink> /
            </span>
          ))}
        </nav>
      )}
      <header class="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 class="min-w-0 text-xl font-semibold break-words">{title}</h1>
        {beside}
        <div class="ml-auto flex flex-wrap gap-2">{actions}</div>
      </header>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A framed part of a page. */
export function Card({ title, actions, children, class: more = "" }: CardProps) {
  return (
    <section class={`min-w-0 rounded-lg border border-line bg-surface p-3 sm:p-4 ${more}`}>
      {title !== undefined && (
        <header class="mb-2 flex flex-wrap items-center gap-2">
          <h2 class="text-sm font-semibold">{title}</h2>
          <div class="ml-auto flex flex-wrap gap-2">{actions}</div>
        </header>
      )}
      {children}
    </section>
  );
}

/** What stands where there is nothing yet: what it is for, and how to begin. */
export function Empty(props: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="flex flex-col items-center gap-3 px-4 py-10 text-center">
      <p class="text-base font-medium">{props.title}</p>
      <div class="max-w-xl text-muted">{props.children}</div>
    </div>
  );
}

/** Names with their values, such as the head of a detail page. */
export function Facts(props: {
  readonly items: readonly (readonly [string, ComponentChildren])[];
}) {
  return (
    <dl class="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] sm:gap-x-6">
      {props.items.map(([name, value]) => (
        <div key={name} class="min-w-0">
          <dt class="text-xs text-muted">{name}</dt>
          <dd class="break-words [&_time]:whitespace-normal">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Text of a program: JSON, a command. Text nodes only, whatever it holds. */
export function Code(props: { readonly text: string; readonly label: string }) {
  return (
    <pre
      // A long text is scrolled by keyboard too.
      tabIndex={0}
      role="region"
      aria-label={props.label}
      class="max-h-96 overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-xs break-all whitespace-pre-wrap"
    >
      {props.text}
    </pre>
  );
}
