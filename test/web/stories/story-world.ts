import type { Cookies } from "../../support/browser/log-in.ts";
import { logIn } from "../../support/browser/log-in.ts";
import type { Open } from "../../support/browser/browser-of-file.ts";
import { ADMIN, type DashboardHost, SETUP_TOKEN } from "../../support/browser/dashboard-host.ts";
import type { OpenPage, PageOptions } from "../../support/browser/open-page.ts";
import { eventually } from "../../support/eventually.ts";
import type { HostClient } from "../../support/host-client.ts";
import { Sink } from "../../support/sink.ts";

/** What a user of a story may do. */
interface NewUser {
  readonly username: string;
  readonly role: "viewer" | "operator" | "editor";
  /** The appKeys that the user is limited to. */
  readonly executors?: readonly string[];
}

export interface Person {
  readonly username: string;
  readonly password: string;
}

type Body = Readonly<Record<string, unknown>>;

/**
 * Where stories are told: one host, a server for what its jobs call, and the way in. Each story makes its own
 * jobs and people, so that it may be told alone or after the others.
 */
export class StoryWorld {
  readonly client: HostClient;
  readonly sink: Sink;
  readonly #host: DashboardHost;
  readonly #open: Open;
  readonly #admin: Cookies;

  private constructor(host: DashboardHost, open: Open, sink: Sink, admin: Cookies) {
    this.#host = host;
    this.client = host.client;
    this.sink = sink;
    this.#open = open;
    this.#admin = admin;
  }

  /** Takes over a host that was just started; there is an administrator afterwards. */
  static async on(host: DashboardHost, open: Open): Promise<StoryWorld> {
    const { client } = host;
    const setup = await client.get("GET", "/setup", 200, { token: null });
    if (setup.needed) {
      const body = { setupToken: SETUP_TOKEN, ...ADMIN };
      await client.get("POST", "/setup", 201, { token: null, body });
    }
    return new StoryWorld(host, open, await Sink.open(), await logIn(client.url, ADMIN));
  }

  /** Opens a page as the administrator, unless other options say as whom. */
  visit(path: string, options: PageOptions = {}): Promise<OpenPage> {
    return this.#open(this.client.url + path, { cookies: this.#admin, ...options });
  }

  /** Makes a user, who need not choose another password. */
  async person(user: NewUser): Promise<Person> {
    const password = `${user.username} ticks all day`;
    const body = { ...user, password, mustChangePassword: false };
    await this.client.get("POST", "/users", 201, { body });
    return { username: user.username, password };
  }

  /** Logs somebody in, in a session of its own. */
  cookiesOf(person: Person): Promise<Cookies> {
    return logIn(this.client.url, person);
  }

  /** Makes a job that runs only when it is asked to, unless the body says otherwise. */
  async job(body: Body): Promise<void> {
    const job = { schedule: { kind: "manual" }, ...body };
    await this.client.get("POST", "/jobs", 201, { body: job });
  }

  /** Runs a job now, and gives the id of the run once it has ended. */
  async ended(job: string): Promise<string> {
    const { id } = await this.client.get("POST", `/jobs/${job}/runs?wait=20s&overlap=allow`, 200);
    return String(id);
  }

  /** Runs a job now, and gives the id of the run at once. */
  async begun(job: string): Promise<string> {
    const { id } = await this.client.get("POST", `/jobs/${job}/runs?overlap=allow`, 202);
    return String(id);
  }

  /** What a read of the API says as soon as it says what is waited for. */
  // oxlint-disable-next-line typescript/no-explicit-any -- Stories look into answers of every shape.
  reads(path: string, isThere: (body: any) => boolean): Promise<any> {
    return eventually(`${path} says what is waited for`, async () => {
      const body = await this.client.get("GET", path, 200);
      return isThere(body) ? body : undefined;
    });
  }

  async close(): Promise<void> {
    await this.sink.close();
    await this.#host.stop();
  }
}
