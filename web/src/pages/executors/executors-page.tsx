import type { ExecutorJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink, TextLink } from "../../kit/button.tsx";
import { Card, Code, Empty, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Time } from "../../kit/time.tsx";
import { useMay } from "../../shell/me.ts";
import { isUp, lastBeatOf, sumOf } from "./node-sums.ts";
import { executorStrings } from "./strings.ts";

/** All executors, each with how its nodes stand. */
export function ExecutorsPage() {
  const say = useStrings(executorStrings);
  const sayKit = useStrings(kitStrings);
  const mayEdit = useMay("editor");
  const executors = usePages<ExecutorJson>("/executors", { topics: ["executors"] });
  return (
    <Page
      title={say("title")}
      actions={
        mayEdit && (
          <ButtonLink look="primary" href="/executors/new">
            {say("newOne")}
          </ButtonLink>
        )
      }
    >
      <Loaded of={executors}>
        {(items) =>
          items.length === 0 ? (
            <None />
          ) : (
            <>
              <p class="mb-3 text-muted">{say("intro")}</p>
              <ul class="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
                {items.map((executor) => (
                  <li key={executor.appKey} class="min-w-0">
                    <ExecutorCard executor={executor} />
                  </li>
                ))}
              </ul>
              {executors.hasMore && (
                <p class="mt-3">
                  <Button onClick={() => executors.more()}>{sayKit("more")}</Button>
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function ExecutorCard({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const { appKey, name, nodes } = executor;
  const up = nodes.filter(isUp).length;
  const handlers = new Set(nodes.flatMap((node) => node.handlers ?? [])).size;
  const state = nodes.length === 0 ? "pending" : up === 0 ? "offline" : "online";
  const versions = [...new Set(nodes.flatMap(({ version }) => version ?? []))];
  const facts = [
    [say("handlers"), handlers],
    [say("inFlight"), sumOf(nodes, ({ inFlight }) => inFlight)],
    [say("version"), versions.length === 0 ? "–" : versions.join(", ")],
    [say("lastBeat"), <Time key="beat" at={lastBeatOf(nodes)} as="relative" />],
  ] as const;
  return (
    <Card class="h-full">
      <div class="flex flex-wrap items-center gap-2">
        <h2 class="min-w-0 font-semibold break-words">
          <TextLink href={`/executors/${appKey}`}>{name}</TextLink>
        </h2>
        <Status state={state} />
      </div>
      <p class="mb-2 text-xs text-muted">
        <code>{appKey}</code> · {say(executor.registration)}
      </p>
      <p class={up === 0 && nodes.length > 0 ? "text-bad" : ""}>
        {nodes.length === 0 ? say("noNodes") : say("nodesUp", { up, total: nodes.length })}
      </p>
      <dl class="mt-2 grid grid-cols-2 gap-x-4 gap-y-1 text-xs">
        {facts.map(([label, value]) => (
          <div key={label} class="flex justify-between gap-2">
            <dt class="text-muted">{label}</dt>
            <dd class="min-w-0 truncate">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function None() {
  const say = useStrings(executorStrings);
  const mayEdit = useMay("editor");
  const curl = `curl -X POST ${location.origin}/api/v1/executors \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{"appKey":"hello-app","name":"Hello","registration":"auto"}'`;
  return (
    <Card>
      <Empty title={say("emptyTitle")}>
        <p class="mb-3">{say("emptyAbout")}</p>
        <div class="mb-4 text-left">
          <Code label={say("curl")} text={curl} />
        </div>
        {mayEdit && (
          <ButtonLink look="primary" href="/executors/new">
            {say("newOne")}
          </ButtonLink>
        )}
      </Empty>
    </Card>
  );
}
