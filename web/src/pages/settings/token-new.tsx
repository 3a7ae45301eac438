import { useState } from "preact/compat";
import type { TokenScope } from "../../../../src/ports/directory.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { faultAt } from "../../kit/field.tsx";
import { Form, TextFields } from "../../kit/form.tsx";
import { Code } from "../../kit/layout.tsx";
import { SecretOnce } from "../../kit/secret-once.tsx";
import { useMe } from "../../shell/me.ts";
import { useZone } from "../../shell/zone.ts";
import { LimitField, type Limit } from "./executor-limit.tsx";
import { ExpiryField, expiryBody, FIRST_EXPIRY } from "./token-expiry.tsx";
import { ScopeField } from "./token-scope.tsx";
import { curlOf, type NewTokenJson } from "./token-shape.ts";
import { tokenStrings } from "./token-strings.ts";

/** Makes a token, and shows it this once. */
export function TokenNew({ onClose }: { readonly onClose: () => void }) {
  const say = useStrings(tokenStrings);
  const [made, setMade] = useState<NewTokenJson | null>(null);
  return (
    <Dialog title={made === null ? say("new") : made.name} isOpen onClose={onClose}>
      {made === null ? <NewForm onMade={setMade} /> : <Made token={made.token} onDone={onClose} />}
    </Dialog>
  );
}

function NewForm({ onMade }: { readonly onMade: (token: NewTokenJson) => void }) {
  const say = useStrings(tokenStrings);
  const me = useMe();
  const zone = useZone();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("read");
  const [executors, setExecutors] = useState<Limit>(me.executors);
  const [expiry, setExpiry] = useState(FIRST_EXPIRY);
  const make = useChange<undefined, NewTokenJson>(() => ({
    method: "POST",
    path: "/tokens",
    body: { name: name.trim(), scopes: [scope], executors, ...expiryBody(expiry, zone) },
  }));
  const { problem } = make;
  const nameField = {
    key: "name",
    label: say("name"),
    value: name,
    set: setName,
    hint: say("nameHint"),
    isRequired: true,
  };
  return (
    <Form
      problem={problem}
      isPending={make.isPending}
      submitLabel={say("create")}
      onSubmit={() => void make.send(undefined).then(onMade, () => {})}
    >
      <TextFields fields={[nameField]} problem={problem} />
      <ScopeField value={scope} onChange={setScope} fault={faultAt(problem, "/scopes")} />
      <LimitField
        value={executors}
        onChange={setExecutors}
        fault={faultAt(problem, "/executors")}
      />
      <ExpiryField
        value={expiry}
        onChange={setExpiry}
        fault={faultAt(problem, "/expiresAt") ?? faultAt(problem, "/expiresIn")}
      />
    </Form>
  );
}

function Made(props: { readonly token: string; readonly onDone: () => void }) {
  const say = useStrings(tokenStrings);
  const curl = curlOf(location.origin, props.token);
  return (
    <div class="flex flex-col gap-3">
      <SecretOnce secret={props.token} about={say("once")} />
      <div>
        <p class="mb-1 flex items-center font-medium">
          {say("tryIt")}
          <CopyButton text={curl} />
        </p>
        <Code label={say("tryIt")} text={curl} />
      </div>
      <Button look="primary" class="self-start" onClick={props.onDone}>
        {say("done")}
      </Button>
    </div>
  );
}
