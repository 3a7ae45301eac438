import { expect, test } from "vitest";
import { aJob, OpenApi } from "../support/open-api.ts";

test("a job whose hash key is no sound expression is refused with what is wrong and where", async () => {
  const open = await OpenApi.start();
  try {
    const target = {
      kind: "executor",
      executor: "orders",
      handler: "report",
      route: "consistent_hash",
      hashKey: "params.customer.matches('(a+)+$')",
    };
    const refused = await open.ask("POST", "/api/v1/jobs", { body: aJob({ target }) });

    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({
      code: "expression.invalid",
      errors: [
        {
          pointer: "/target/hashKey",
          message: "matches() is refused: a regular expression can run for ever.",
        },
      ],
    });
  } finally {
    await open.close();
  }
});
