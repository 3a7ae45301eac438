import type { JobFullJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { ButtonLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { jsonText } from "../../kit/json-changes.ts";
import { Card, Code, Facts } from "../../kit/layout.tsx";
import { Tabs } from "../../kit/tabs.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters } from "../../url/filters.ts";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import { curlOf, jobHref, jobPath } from "./copy-as-curl.ts";
import { definitionOf } from "./job-definition.ts";
import { jobStrings } from "./job-strings.ts";
import { jobsStrings } from "./strings.ts";

/** What the job is, as facts or as the JSON that would make it. */
export function DefinitionTab({ job }: { readonly job: JobFullJson }) {
  const say = useStrings(jobStrings);
  const sayJobs = useStrings(jobsStrings);
  const mayEdit = useMay("editor");
  const [filters, change] = useFilters();
  const definition = definitionOf(job);
  const text = JSON.stringify(definition, null, 2);
  const curl = curlOf("PUT", jobPath(job.name), definition);
  return (
    <>
      <p class="mb-2 flex flex-wrap items-center gap-2">
        {mayEdit && <ButtonLink href={jobHref(job.name, "/edit")}>{sayJobs("edit")}</ButtonLink>}
        <span class="inline-flex items-center">
          JSON <CopyButton text={text} label={say("copyJson")} />
        </span>
        <span class="inline-flex items-center">
          curl <CopyButton text={curl} label={sayJobs("copyCurl")} />
        </span>
        <span class="text-xs text-muted">{say("versionIs", { version: job.version })}</span>
      </p>
      <Tabs
        label={say("tab_definition")}
        value={filters["as"] === "json" ? "json" : "facts"}
        onChange={(as) => change({ as: as === "json" ? "json" : "" })}
        tabs={[
          {
            value: "facts",
            label: say("asFacts"),
            content: () => <FactCards definition={definition} />,
          },
          { value: "json", label: "JSON", content: () => <Code text={text} label="JSON" /> },
        ]}
      />
    </>
  );
}

/** One card for each part that has parts, and one for all that have none. */
function FactCards({ definition }: { readonly definition: { readonly [key: string]: Json } }) {
  const say = useStrings(jobStrings);
  const parts = Object.entries(definition).filter(([, value]) => isJsonObject(value));
  const plain = Object.entries(definition).filter(([, value]) => !isJsonObject(value));
  return (
    // The names are those of the API, in every language.
    <div class="flex flex-col gap-3" translate={false}>
      <Card title={say("general")}>
        <Facts items={plain.map(([name, value]) => [name, <Value key={name} of={value} />])} />
      </Card>
      {parts.map(([part, value]) => (
        <Card key={part} title={part}>
          {isJsonObject(value) && Object.keys(value).length > 0 ? (
            <Facts
              items={Object.entries(value).map(([name, one]) => [
                name,
                <Value key={name} of={one} />,
              ])}
            />
          ) : (
            <span class="text-muted">–</span>
          )}
        </Card>
      ))}
    </div>
  );
}

function Value({ of }: { readonly of: Json }) {
  if (of === null || of === "") return <span class="text-muted">–</span>;
  if (typeof of === "object")
    return <code class="text-xs break-all whitespace-pre-wrap">{jsonText(of)}</code>;
  return <>{String(of)}</>;
}
