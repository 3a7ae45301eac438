import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Link } from "wouter";

type Look = "plain" | "primary" | "danger" | "quiet";

const LOOKS: Readonly<Record<Look, string>> = {
  plain: "border border-line-strong/50 bg-surface hover:bg-hover text-text",
  primary: "border border-transparent bg-accent text-on-accent hover:opacity-90",
  danger: "border border-bad/60 bg-surface text-bad hover:bg-bad-ground",
  quiet: "border border-transparent text-muted hover:bg-hover hover:text-text",
};
const SHAPE =
  "inline-flex items-center justify-center gap-1.5 rounded-md px-2.5 py-1 min-h-8 text-sm font-medium " +
  "whitespace-nowrap disabled:opacity-50";

interface ButtonProps extends Omit<ButtonHTMLAttributes, "class"> {
  readonly look?: Look;
  readonly class?: string;
  readonly children?: ComponentChildren;
}

/** A button that does something here. For going somewhere there is `ButtonLink`. */
export function Button({ look = "plain", children, class: more = "", ...rest }: ButtonProps) {
  return (
    <button type="button" class={`${SHAPE} ${LOOKS[look]} ${more}`} {...rest}>
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonProps {
  /** What it does, for those who do not see the icon. */
  readonly label: string;
}

/** A button of one icon. */
export function IconButton({ label, look = "quiet", children, ...rest }: IconButtonProps) {
  return (
    <Button look={look} aria-label={label} title={label} {...rest} class="px-1.5">
      {children}
    </Button>
  );
}

/** A link that looks like a button. */
export function ButtonLink(props: {
  readonly href: string;
  readonly look?: Look;
  readonly children: ComponentChildren;
}) {
  return (
    <Link href={props.href} class={`${SHAPE} ${LOOKS[props.look ?? "plain"]}`}>
      {props.children}
    </Link>
  );
}

/** A link within text or a table. Among other words it is underlined: colour alone would not tell it. */
export function TextLink(props: {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly class?: string;
}) {
  return (
    <Link
      href={props.href}
      class={`text-accent decoration-accent/40 underline-offset-2 hover:underline hover:decoration-accent in-[p]:underline ${props.class ?? ""}`}
    >
      {props.children}
    </Link>
  );
}
