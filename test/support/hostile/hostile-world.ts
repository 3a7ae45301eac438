import { ADMIN } from "../browser/dashboard-host.ts";
import { eventually } from "../eventually.ts";
import type { HostClient } from "../host-client.ts";
import { HOSTILE_EXECUTORS, hostileExecutors } from "./hostile-executors.ts";
import { type HostileJobs, hostileJobs } from "./hostile-jobs.ts";
import { HostileServer } from "./hostile-server.ts";
import { type HostileWorkflows, hostileWorkflows } from "./hostile-workflows.ts";
import { PayloadDeck } from "./payload-deck.ts";

const TOKENS = 40;
const LOGINS = 4;
/** Of the log that has the whole corpus. */
const LINES_MIN = 200;

/** What pages there are of a host in which every text that anybody may choose is a payload. */
export interface HostileWorld {
  readonly jobs: HostileJobs;
  readonly workflows: HostileWorkflows;
  readonly executors: readonly string[];
  readonly deck: PayloadDeck;
  close(): Promise<void>;
}

/** Writes the corpus, through the API, into everything that the dashboard shows. */
export async function hostileWorld(client: HostClient): Promise<HostileWorld> {
  const deck = new PayloadDeck();
  const server = await HostileServer.open(deck);
  const node = await hostileExecutors(client, deck);
  const close = async (): Promise<void> => {
    await node.stop();
    server.close();
  };
  try {
    const jobs = await hostileJobs(client, deck, server.url);
    const workflows = await hostileWorkflows(client, deck);
    await hostilePeople(client, deck);
    await eventually("the log of a run is there", async () => {
      const path = `/runs/${jobs.runs[0]}/logs?limit=${LINES_MIN}`;
      const { items } = await client.get("GET", path, 200);
      return items.length === LINES_MIN ? true : undefined;
    });
    return { jobs, workflows, executors: HOSTILE_EXECUTORS, deck, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Namespaces, tokens, users and their browsers. */
async function hostilePeople(client: HostClient, deck: PayloadDeck): Promise<void> {
  const described = (): unknown => ({ description: deck.text("descriptions", 1_024) });
  await client.get("PATCH", "/namespaces/default", 200, { body: described() });
  await client.get("POST", "/namespaces", 201, {
    body: { name: "other", ...Object(described()) },
  });
  for (const name of deck.some("tokens", TOKENS, { charsMax: 128 }))
    await client.get("POST", "/tokens", 201, { body: { name, scopes: ["read"] } });
  for (const agent of deck.some("browsers", LOGINS, { isAscii: true, charsMax: 256 }))
    await client.get("POST", "/login", 200, {
      token: null,
      body: ADMIN,
      headers: { "user-agent": agent },
    });
}
