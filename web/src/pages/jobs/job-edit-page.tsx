import { useParams } from "wouter";
import type { JobFullJson } from "../../api/shapes.ts";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { ButtonLink } from "../../kit/button.tsx";
import { Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { useMay } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { jobHref, jobPath } from "./copy-as-curl.ts";
import { formStrings } from "./form-strings.ts";
import { definitionOf } from "./job-definition.ts";
import { JobEditor } from "./job-editor.tsx";
import { jobsStrings } from "./strings.ts";
import { templateDraft, TEMPLATES } from "./templates.ts";

/** Makes a job: from nothing, from a template (`?template=`), or from another job (`?copy=`). */
export function JobNewPage() {
  const say = useStrings(formStrings);
  const sayJobs = useStrings(jobsStrings);
  const mayEdit = useMay("editor");
  const [{ copy = "", template: asked = "" }] = useFilters();
  const template = TEMPLATES.find((one) => one === asked);
  const copied = useApi<JobFullJson>(copy === "" ? null : jobPath(copy));
  const path = [{ label: sayJobs("jobs"), href: "/jobs" }];
  if (!mayEdit) return <NotAllowed title={sayJobs("newJob")} />;
  return (
    <Page title={sayJobs("newJob")} path={path}>
      {copy === "" ? (
        <>
          <nav aria-label={say("templates")} class="mb-3 flex flex-wrap items-center gap-2">
            <span class="text-muted">{say("templates")}:</span>
            {TEMPLATES.map((one) => (
              <ButtonLink key={one} href={withFilters("/jobs/new", { template: one })}>
                {say(`template_${one}`)}
              </ButtonLink>
            ))}
          </nav>
          <JobEditor
            key={template ?? ""}
            name={null}
            draftKey={`new ${template ?? ""}`}
            start={templateDraft(template ?? "webhook")}
            etag={null}
          />
        </>
      ) : (
        <Loaded of={copied}>
          {(job) => (
            <JobEditor
              key={copy}
              name={null}
              draftKey={`copy ${copy}`}
              start={{ ...definitionOf(job), name: "" }}
              etag={null}
            />
          )}
        </Loaded>
      )}
    </Page>
  );
}

/** Changes a job that there is. */
export function JobEditPage() {
  const say = useStrings(formStrings);
  const sayJobs = useStrings(jobsStrings);
  const mayEdit = useMay("editor");
  const { job: name } = useParams<{ job: string }>();
  const read = useApi<JobFullJson>(jobPath(name));
  const title = say("editTitle", { name: read.data?.name ?? name });
  if (!mayEdit) return <NotAllowed title={title} />;
  return (
    <Page
      title={title}
      path={[
        { label: sayJobs("jobs"), href: "/jobs" },
        { label: read.data?.name ?? name, href: jobHref(name) },
      ]}
    >
      <Loaded of={read}>
        {(job) => (
          <JobEditor
            key={job.id}
            name={job.name}
            draftKey={job.name}
            start={definitionOf(job)}
            etag={read.etag}
          />
        )}
      </Loaded>
    </Page>
  );
}

function NotAllowed({ title }: { readonly title: string }) {
  const say = useStrings(formStrings);
  const sayJobs = useStrings(jobsStrings);
  return (
    <Page title={title} path={[{ label: sayJobs("jobs"), href: "/jobs" }]}>
      <p>{say("notAllowed")}</p>
    </Page>
  );
}
