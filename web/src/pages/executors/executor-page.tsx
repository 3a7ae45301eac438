import { useState } from "preact/compat";
import { useLocation, useParams } from "wouter";
import type { ExecutorJson } from "../../api/shapes.ts";
import { useApi, useChange } from "../../api/use-api.ts";
import { History } from "../../history/history.tsx";
import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Card, Facts, Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Tabs } from "../../kit/tabs.tsx";
import { instantText, Time } from "../../kit/time.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { useZone } from "../../shell/zone.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { executorPath, restorableExecutor } from "./executor-definition.ts";
import { ExecutorForm } from "./executor-form.tsx";
import { NodeEvents } from "./executor-history.tsx";
import { isUp } from "./node-sums.ts";
import { NodeTable } from "./node-table.tsx";
import { Secrets } from "./secrets.tsx";
import { Snippet } from "./snippet.tsx";
import { executorStrings } from "./strings.ts";

/** One executor: its nodes, its secrets, what happened to it, and how to connect another node. */
export function ExecutorPage() {
  const say = useStrings(executorStrings);
  const { appKey } = useParams<{ readonly appKey: string }>();
  const executor = useApi<ExecutorJson>(executorPath(appKey), {
    topics: ["executors"],
  });
  return (
    <Page
      title={executor.data?.name ?? appKey}
      path={[{ label: say("title"), href: "/executors" }]}
      beside={<code class="text-xs text-muted">{appKey}</code>}
      actions={
        executor.data !== undefined && <Actions executor={executor.data} etag={executor.etag} />
      }
    >
      <Loaded of={executor}>{(data) => <Shown executor={data} />}</Loaded>
    </Page>
  );
}

function Shown({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const [filters, change] = useFilters();
  const tab = filters["tab"] ?? "nodes";
  const mayManage = useMay("admin");
  const tabs = [
    { value: "nodes", label: say("nodes"), content: () => <NodeTable executor={executor} /> },
    { value: "secrets", label: say("secrets"), content: () => <Secrets executor={executor} /> },
    { value: "connect", label: say("connect"), content: () => <Snippet executor={executor} /> },
    { value: "history", label: say("history"), content: () => <NodeEvents of={executor.appKey} /> },
    {
      value: "changes",
      label: say("changes"),
      content: () => <History of={restorableExecutor(executor.appKey)} />,
    },
  ];
  return (
    <div class="flex flex-col gap-4">
      <Down executor={executor} />
      <Head executor={executor} />
      <Card>
        <Tabs
          label={executor.name}
          value={tab}
          onChange={(value) => change({ tab: value === "nodes" ? "" : value })}
          tabs={tabs.filter(({ value }) => mayManage || value !== "secrets")}
        />
      </Card>
    </div>
  );
}

/** Says since when nothing can be delivered, and whom that stops. */
function Down({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const zone = useZone();
  const { nodes, appKey } = executor;
  if (nodes.length === 0 || nodes.some(isUp)) return null;
  const since =
    nodes
      .map((node) => node.since)
      .toSorted()
      .at(-1) ?? executor.updatedAt;
  return (
    <p role="alert" class="rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad">
      {say("offlineSince", { since: instantText(since, zone) })}{" "}
      <TextLink href={withFilters("/jobs", { executor: appKey })}>{say("affected")}</TextLink>
    </p>
  );
}

function Head({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const { appKey, nodes, deployment } = executor;
  const bound = (limit: number | null): string | number => limit ?? say("noBound");
  return (
    <Card>
      <Facts
        items={[
          [say("nodes"), say("nodesUp", { up: nodes.filter(isUp).length, total: nodes.length })],
          [say("registration"), say(executor.registration)],
          [say("concurrency"), bound(executor.concurrency)],
          [say("nodeConcurrency"), bound(executor.nodeConcurrency)],
          [
            say("deployment"),
            <span key="deployment" class="inline-flex items-center break-all">
              <code class="text-xs">{deployment}</code>
              <CopyButton text={deployment} />
            </span>,
          ],
          [say("created"), <Time key="made" at={executor.createdAt} />],
          [
            say("jobs"),
            <TextLink key="jobs" href={withFilters("/jobs", { executor: appKey })}>
              {say("showJobs")}
            </TextLink>,
          ],
        ]}
      />
    </Card>
  );
}

function Actions(props: { readonly executor: ExecutorJson; readonly etag: string | null }) {
  const say = useStrings(executorStrings);
  const sayKit = useStrings(kitStrings);
  const { executor, etag } = props;
  const { name, appKey } = executor;
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const [, navigate] = useLocation();
  const remove = useChange<undefined, unknown>(() => ({
    method: "DELETE",
    path: executorPath(appKey),
    ifMatch: etag,
  }));
  if (!useMay("editor")) return null;
  const close = (): void => setOpen(null);
  const removeNow = async (): Promise<void> => {
    close();
    try {
      await remove.send(undefined);
    } catch (error) {
      toastFailure(error);
      return;
    }
    toast(say("removed", { name }));
    navigate("/executors");
  };
  return (
    <>
      <Button onClick={() => setOpen("edit")}>{say("edit")}</Button>
      <Button look="danger" onClick={() => setOpen("remove")}>
        {say("remove")}
      </Button>
      <Dialog title={`${say("edit")}: ${name}`} isOpen={open === "edit"} onClose={close}>
        <ExecutorForm executor={executor} onDone={close} />
      </Dialog>
      <Dialog
        title={`${say("remove")}: ${name}`}
        about={say("removeAbout")}
        isOpen={open === "remove"}
        onClose={close}
      >
        <div class="flex gap-2">
          <Button look="danger" onClick={() => void removeNow()}>
            {say("remove")}
          </Button>
          <Button onClick={close}>{sayKit("cancel")}</Button>
        </div>
      </Dialog>
    </>
  );
}
