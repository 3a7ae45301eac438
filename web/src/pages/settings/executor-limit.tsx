import type { ExecutorJson, PageJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Checkbox } from "../../kit/field.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { useMe } from "../../shell/me.ts";
import { userStrings } from "./user-strings.ts";

/** The appKeys that somebody or something is limited to; null is no limit. */
export type Limit = readonly string[] | null;

const EXECUTORS_SHOWN = 200;

/** A limit in words, each executor a link. */
export function LimitWords({ executors }: { readonly executors: Limit }) {
  const say = useStrings(userStrings);
  if (executors === null) return <span class="text-muted">{say("noLimit")}</span>;
  if (executors.length === 0) return <span class="text-muted">{say("noExecutors")}</span>;
  return (
    <span class="flex flex-wrap gap-x-2">
      {executors.map((appKey) => (
        <TextLink key={appKey} href={`/executors/${encodeURIComponent(appKey)}`}>
          {appKey}
        </TextLink>
      ))}
    </span>
  );
}

/** Chooses all executors or some of them; who is limited gives no more than the own. */
export function LimitField(props: {
  readonly value: Limit;
  readonly onChange: (limit: Limit) => void;
  readonly fault: string | undefined;
}) {
  const say = useStrings(userStrings);
  const { value, onChange, fault } = props;
  const isFree = useMe().executors === null;
  return (
    <fieldset class="min-w-0">
      <legend class="mb-1 font-medium">{say("limit")}</legend>
      <p class="mb-1 text-xs text-muted">{say("limitHint")}</p>
      {isFree && (
        <Checkbox
          label={say("allExecutors")}
          isChecked={value === null}
          onChange={(isAll) => onChange(isAll ? null : [])}
        />
      )}
      {value !== null && <Choices value={value} onChange={onChange} />}
      {fault !== undefined && <p class="mt-1 text-xs text-bad">{fault}</p>}
    </fieldset>
  );
}

function Choices(props: {
  readonly value: readonly string[];
  readonly onChange: (limit: Limit) => void;
}) {
  const say = useStrings(userStrings);
  const { value, onChange } = props;
  const executors = useApi<PageJson<ExecutorJson>>(`/executors?limit=${EXECUTORS_SHOWN}`);
  const known = executors.data?.items ?? [];
  const gone = value.filter((appKey) => known.every((executor) => executor.appKey !== appKey));
  const choices = [...known, ...gone.map((appKey) => ({ appKey, name: appKey }))];
  if (executors.problem !== null)
    return <Failure problem={executors.problem} again={() => executors.again()} />;
  if (executors.data !== undefined && choices.length === 0)
    return <p class="text-muted">{say("noneToChoose")}</p>;
  const toggle = (appKey: string, isChosen: boolean): void =>
    onChange(isChosen ? [...value, appKey] : value.filter((other) => other !== appKey));
  return (
    <div class="ml-1 grid max-h-48 gap-x-4 overflow-auto border-l border-line pl-3 sm:grid-cols-2">
      {choices.map(({ appKey, name }) => (
        <Checkbox
          key={appKey}
          label={
            <span class="min-w-0 break-all">
              {name} {name !== appKey && <code class="text-xs text-muted">{appKey}</code>}
            </span>
          }
          isChecked={value.includes(appKey)}
          onChange={(isChosen) => toggle(appKey, isChosen)}
        />
      ))}
    </div>
  );
}
