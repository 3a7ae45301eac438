import { useStrings } from "../../i18n/strings.ts";
import { SecretOnce as Once } from "../../kit/secret-once.tsx";
import { executorStrings } from "./strings.ts";

/** An appSecret that the server tells only now. */
export function SecretOnce({ secret }: { readonly secret: string }) {
  const say = useStrings(executorStrings);
  return <Once secret={secret} about={say("shownOnce")} />;
}
