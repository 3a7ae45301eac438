import type { AboutJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Card, Code, Facts } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Table, type Column } from "../../kit/table.tsx";
import { Span, spanText } from "../../kit/time.tsx";
import { useLive, useLiveState } from "../../live/use-live.ts";
import { useMe } from "../../shell/me.ts";
import { aboutStrings } from "./about-strings.ts";
import { findingsOf, type ClockDifference, type Finding } from "./findings.ts";
import { ABOUT_EVERY_MS, useAbout, type AboutSeen } from "./use-about.ts";

const LISTENED = ["executors"] as const;
const ignore = (): void => {};

type Shard = AboutJson["shards"][number];

/** What runs here, how its parts stand, and what to do about those that do not stand well. */
export function AboutSection() {
  const seen = useAbout();
  return (
    <>
      <Loaded of={seen}>{(data) => <Shown seen={data} />}</Loaded>
      <ForPrograms />
    </>
  );
}

function Shown({ seen }: { readonly seen: AboutSeen }) {
  const say = useStrings(aboutStrings);
  // The connection is open while somebody listens: without it there would be no state to tell of.
  const isLimited = useMe().executors !== null;
  useLive(isLimited ? [] : LISTENED, ignore);
  const live = useLiveState();
  const { about, clock } = seen;
  return (
    <>
      <Findings of={findingsOf({ about, clock, live: isLimited ? null : live, page: location })} />
      <Card title={say("deployment")}>
        <Facts
          items={[
            [say("version"), about.version],
            [say("host"), say(about.host)],
            [say("runtime"), about.runtime],
            [
              say("deploymentId"),
              <span key="id" class="inline-flex items-center break-all">
                <code class="text-xs">{about.deployment}</code>
                <CopyButton text={about.deployment} />
              </span>,
            ],
            [say("records"), <Records key="records" of={about.records} />],
            [say("clock"), <Clock key="clock" of={clock} />],
            [say("updates"), say(isLimited ? "polling" : live)],
          ]}
        />
      </Card>
      <Card title={say("shards")}>
        <ShardTable shards={about.shards} />
      </Card>
    </>
  );
}

/** What a doctor would say: each thing that is not as it should be, with what to do. */
function Findings({ of }: { readonly of: readonly Finding[] }) {
  const say = useStrings(aboutStrings);
  return (
    <Card title={say("findings")}>
      {of.length === 0 ? (
        <p class="font-medium text-ok">
          <span aria-hidden="true">✓</span> {say("allWell")}
        </p>
      ) : (
        <ul class="flex flex-col gap-2">
          {of.map(({ key, isError, values }) => (
            <li
              key={`${key} ${values["shard"] ?? ""}`}
              class={`rounded-md px-3 py-2 ${isError ? "bg-bad-ground" : "bg-warn-ground"}`}
            >
              <p class={`font-medium ${isError ? "text-bad" : "text-warn"}`}>
                <span aria-hidden="true">{isError ? "✗" : "!"}</span> {say(key, values)}
              </p>
              <p>{say(`${key}Do`)}</p>
            </li>
          ))}
        </ul>
      )}
      <p class="mt-2 text-xs text-muted">{say("checked", { seconds: ABOUT_EVERY_MS / 1_000 })}</p>
    </Card>
  );
}

function Records({ of }: { readonly of: AboutJson["records"] }) {
  const say = useStrings(aboutStrings);
  if (!of.isReachable) return <span class="text-bad">✗ {say("unreachable")}</span>;
  return <>{say("reachable", { time: spanText(of.latencyMs ?? 0) })}</>;
}

function Clock({ of: { aheadMs, withinMs } }: { readonly of: ClockDifference }) {
  const say = useStrings(aboutStrings);
  if (Math.abs(aheadMs) <= withinMs)
    return <>{say("clockEqual", { time: spanText(Math.max(1, withinMs)) })}</>;
  return <>{say(aheadMs > 0 ? "clockAhead" : "clockBehind", { time: spanText(aheadMs) })}</>;
}

function ShardTable({ shards }: { readonly shards: readonly Shard[] }) {
  const say = useStrings(aboutStrings);
  const columns: readonly Column<Shard>[] = [
    { key: "shard", title: say("shard"), cell: ({ shard }) => shard },
    { key: "answering", title: say("answering"), cell: (one) => <YesNo is={one.isAnswering} /> },
    {
      key: "armed",
      title: say("armed"),
      cell: (one) => (one.isAnswering ? <YesNo is={one.isArmed} /> : "–"),
    },
    {
      key: "lag",
      title: say("lag"),
      isNumber: true,
      cell: (one) => <Span ms={one.isAnswering ? one.lagMs : null} />,
    },
    {
      key: "outbox",
      title: say("outbox"),
      isNumber: true,
      cell: (one) => (one.isAnswering ? one.outbox.toLocaleString() : "–"),
    },
    {
      key: "due",
      title: say("due"),
      isNumber: true,
      cell: (one) => (one.isAnswering ? one.due.toLocaleString() : "–"),
    },
  ];
  return (
    <Table
      caption={say("shards")}
      columns={columns}
      rows={shards}
      idOf={({ shard }) => String(shard)}
    />
  );
}

function YesNo({ is }: { readonly is: boolean }) {
  const say = useStrings(aboutStrings);
  return (
    <span class={is ? "text-ok" : "text-bad"}>
      <span aria-hidden="true">{is ? "✓" : "✗"}</span> {say(is ? "yes" : "no")}
    </span>
  );
}

/** What programs read of this deployment. These are no pages of the dashboard, so the browser goes there itself. */
function ForPrograms() {
  const say = useStrings(aboutStrings);
  const config = scrapeConfig(location);
  return (
    <Card title={say("links")}>
      <ul class="mb-3 flex flex-col gap-1">
        {(["docs", "openapi"] as const).map((key) => (
          <li key={key}>
            <a
              href={key === "docs" ? "/docs" : "/openapi.json"}
              target="_blank"
              rel="noreferrer noopener"
              class="text-accent underline"
            >
              {say(key)}
            </a>{" "}
            <span class="text-muted">{say(`${key}About`)}</span>
          </li>
        ))}
      </ul>
      <h3 class="flex items-center font-medium">
        {say("metrics")}
        <CopyButton text={config} />
      </h3>
      <p class="mb-1 text-muted">{say("metricsAbout")}</p>
      <Code label={say("metricsConfig")} text={config} />
    </Card>
  );
}

function scrapeConfig(page: { readonly host: string; readonly protocol: string }): string {
  return `scrape_configs:
  - job_name: tickwheel
    scheme: ${page.protocol.replace(":", "")}
    metrics_path: /metrics
    authorization: { credentials: "tw_…" }
    static_configs: [{ targets: ["${page.host}"] }]
`;
}
