import type { ExecutorJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Code } from "../../kit/layout.tsx";
import { executorStrings } from "./strings.ts";

/** The lines that make an app of this executor, with this address and this appKey in them. */
export function Snippet({ executor }: { readonly executor: ExecutorJson }) {
  const say = useStrings(executorStrings);
  const text = appOf(executor, location.origin);
  return (
    <div>
      <p class="mb-1 flex items-center font-medium">
        {say("snippet")}
        <CopyButton text={text} />
      </p>
      <Code label={say("snippet")} text={text} />
      <p class="mt-2 text-muted">{say("otherLanguages")}</p>
    </div>
  );
}

function appOf({ appKey, deployment }: ExecutorJson, server: string): string {
  return `import { createExecutor } from "tickwheel/executor";
import { serve } from "tickwheel/executor/node";

const executor = createExecutor({
  appKey: ${JSON.stringify(appKey)},
  appSecret: process.env.APP_SECRET ?? "",
  deployment: ${JSON.stringify(deployment)},
  server: ${JSON.stringify(server)},
  address: "http://127.0.0.1:7001", // where Tickwheel reaches this process
  handlers: {
    hello: async ({ params, log }) => {
      log.info("called");
      return { greeting: "Hello", params };
    },
  },
});
await serve(executor, { port: 7001 });
await executor.start();
`;
}
