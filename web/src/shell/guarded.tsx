import { Component, type ComponentChildren } from "preact";
import { useStrings } from "../i18n/strings.ts";
import { Button, ButtonLink } from "../kit/button.tsx";
import { Page } from "../kit/layout.tsx";
import { shellStrings } from "./strings.ts";

interface GuardedProps {
  /** Another value tries again, such as the path. */
  readonly of: string;
  readonly children: ComponentChildren;
}

/** Keeps the frame when a page fails, such as when its chunk cannot be loaded. */
export class Guarded extends Component<GuardedProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static override getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override componentDidUpdate(before: GuardedProps): void {
    if (before.of !== this.props.of && this.state.error !== null) this.setState({ error: null });
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    return error === null ? this.props.children : <Broken error={error} />;
  }
}

function Broken({ error }: { readonly error: Error }) {
  const say = useStrings(shellStrings);
  return (
    <Page title={say("broken")}>
      <div role="alert">
        <p class="mb-3">
          <code class="text-xs break-all">{error.message}</code>
        </p>
        <Button look="primary" onClick={() => location.reload()}>
          {say("reload")}
        </Button>
      </div>
    </Page>
  );
}

export function NotFound() {
  const say = useStrings(shellStrings);
  return (
    <Page title={say("notFound")}>
      <p class="mb-3">{say("notFoundAbout")}</p>
      <ButtonLink href="/">{say("goHome")}</ButtonLink>
    </Page>
  );
}
