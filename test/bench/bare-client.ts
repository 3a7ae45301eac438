import { Agent, request } from "node:http";
import { eachOf, type SinkExample } from "./processes.ts";

const SOCKETS = 64;
const ROUNDS = 3;

/** Requests a second of a bare `node:http` client that sends the same bytes: the median of three rounds. */
export async function bareRate(url: string, example: SinkExample, count: number): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await bareRound(url, example, count));
  return rates.toSorted((a, b) => a - b)[1] ?? 0;
}

async function bareRound(url: string, example: SinkExample, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const { connection: _connection, host: _host, ...headers } = example.headers;
  const send = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}/hook`, { method: "POST", agent, headers }, (answer) => {
        answer.resume();
        answer.once("end", resolve);
      });
      sent.once("error", reject);
      sent.end(example.body);
    });
  const startMs = performance.now();
  await eachOf(count, SOCKETS, send);
  const rate = count / ((performance.now() - startMs) / 1_000);
  agent.destroy();
  return rate;
}
