import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Code, Empty } from "../../kit/layout.tsx";
import type { LogPhase } from "./log-source.ts";
import { logStrings } from "./log-strings.ts";

/** What stands where there are no lines: whether any can come, and how handlers send them. */
export function LogEmpty({ run, phase }: { readonly run: RunJson; readonly phase: LogPhase }) {
  const say = useStrings(logStrings);
  if (phase === "failed") return null;
  if (phase === "idle") return <p class="text-muted">{say("notYet")}</p>;
  if (phase === "loading") return <p class="text-muted">{say("loading")}</p>;
  if (run.shards !== null) return <p class="text-muted">{say("emptySharded")}</p>;
  return (
    <Empty title={say(phase === "done" ? "emptyTitle" : "emptyOpenTitle")}>
      <p>{say("emptyAbout")}</p>
      <div class="mt-3 grid gap-2 text-left text-xs">
        <p>{say("emptySdk")}</p>
        <Code label={say("emptySdk")} text={SDK} />
        <p>{say("emptyHttp")}</p>
        <Code label={say("emptyHttp")} text={curlOfLines(run)} />
      </div>
    </Empty>
  );
}

const SDK = `report: async ({ params, log }) => {
  log.info("begun");
}`;

function curlOfLines({ id, attempt }: RunJson): string {
  const line = { at: new Date().toISOString(), level: "info", text: "begun", seq: 1 };
  const body = JSON.stringify({ run: id, attempt: Math.max(1, attempt), lines: [line] });
  return [
    `curl -X POST '${location.origin}/api/v1/executor/logs' \\`,
    `  -H "Authorization: Bearer $SIGNED" -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join("\n");
}
