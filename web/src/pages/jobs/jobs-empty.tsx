import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Code, Empty } from "../../kit/layout.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { useMay } from "../../shell/me.ts";
import type { Filters } from "../../url/filters.ts";
import { curlOf } from "./copy-as-curl.ts";
import { jobsStrings } from "./strings.ts";

const FIRST_JOB = {
  name: "ping",
  schedule: { kind: "cron", cron: "*/5 * * * *", timezone: "UTC" },
  target: { kind: "webhook", url: "https://example.com/hook", body: { hello: "world" } },
};

/** There is no job at all yet. */
export function NoJobs() {
  const say = useStrings(jobsStrings);
  const mayEdit = useMay("editor");
  const curl = curlOf("POST", "/jobs", FIRST_JOB);
  return (
    <Empty title={say("emptyTitle")}>
      <p>{say("emptyAbout")}</p>
      {mayEdit && (
        <>
          <p class="my-3 flex flex-wrap justify-center gap-2">
            <ButtonLink href="/jobs/new" look="primary">
              {say("newJob")}
            </ButtonLink>
            <ButtonLink href="/jobs/new?template=webhook">{say("emptyTemplate")}</ButtonLink>
          </p>
          <p class="mb-1 flex items-center justify-center gap-1">
            {say("emptyCurl")} <CopyButton text={curl} />
          </p>
          <div class="text-left">
            <Code text={curl} label={say("emptyCurl")} />
          </div>
        </>
      )}
    </Empty>
  );
}

/** There are jobs, perhaps, but none that the filters let through. */
export function NoMatch(props: {
  readonly filterText: string;
  readonly change: (changes: Filters) => void;
}) {
  const say = useStrings(jobsStrings);
  const sayKit = useStrings(kitStrings);
  return (
    <Empty title={say("noMatch", { filter: props.filterText })}>
      <Button onClick={() => props.change({ state: "", executor: "", tag: "", q: "" })}>
        {sayKit("clear")}
      </Button>
    </Empty>
  );
}
