import type { Page } from "playwright-core";
import type { SeededWorld } from "./seed.ts";

/** A dialog of the dashboard: where it is, and what is pressed until it is open, in English. */
export interface DialogPlace {
  readonly name: string;
  readonly path: string;
  readonly presses: readonly Press[];
}

/** A control by its role and the name that it is read out with; the first one where there are several. */
type Press = readonly [
  role: "button" | "menuitem" | "switch" | "checkbox" | "key",
  name: string | RegExp,
];

const OPEN_MS_MAX = 10_000;

/** The dialogs of the main actions of every page. */
export function dialogsIn({ runs, workflowRuns }: SeededWorld): readonly DialogPlace[] {
  return [...shellDialogs(), ...jobDialogs(), ...runDialogs(runs), ...flowDialogs(workflowRuns)]
    .concat(executorDialogs())
    .concat(settingsDialogs());
}

/** Presses its way to the dialog, and resolves when it is open. */
export async function openDialog(page: Page, { presses }: DialogPlace): Promise<void> {
  for (const [role, name] of presses) {
    // Each press is on what the one before it has shown.
    // oxlint-disable-next-line no-await-in-loop
    await press(page, role, name);
  }
  await page.getByRole("dialog").waitFor({ timeout: OPEN_MS_MAX });
}

async function press(page: Page, role: Press[0], name: Press[1]): Promise<void> {
  if (role === "key") return page.keyboard.press(String(name));
  return page.getByRole(role, { name }).first().click({ timeout: OPEN_MS_MAX });
}

function shellDialogs(): readonly DialogPlace[] {
  return [
    { name: "palette", path: "/", presses: [["button", /^Search/]] },
    { name: "shortcuts", path: "/", presses: [["key", "?"]] },
    {
      name: "time zone",
      path: "/",
      presses: [
        ["button", /Asia\/Shanghai/],
        ["menuitem", /^Another zone/],
      ],
    },
  ];
}

function jobDialogs(): readonly DialogPlace[] {
  const job = "/jobs/billing-sync";
  return [
    { name: "pause a job", path: job, presses: [["switch", "Enabled"]] },
    { name: "resume a job", path: "/jobs/legacy-export", presses: [["switch", "Enabled"]] },
    {
      name: "run with params",
      path: job,
      presses: [
        ["button", "Other ways to run"],
        ["menuitem", /^Run with params/],
      ],
    },
    { name: "backfill", path: `${job}?tab=backfills`, presses: [["button", /^Run a past range/]] },
    { name: "explain a tick", path: job, presses: [["button", /^\d\d \w+ \d{4}/]] },
    {
      name: "delete jobs",
      path: "/jobs",
      presses: [
        ["checkbox", /heartbeat/],
        ["button", /^Delete/],
      ],
    },
  ];
}

function runDialogs(runs: SeededWorld["runs"]): readonly DialogPlace[] {
  return [
    { name: "retry runs", path: "/runs", presses: [["button", /^Retry all that match/]] },
    {
      name: "retry with changes",
      path: `/runs/${runs.failed}`,
      presses: [["button", /^Retry with changes/]],
    },
    { name: "cancel a run", path: `/runs/${runs.running}`, presses: [["button", /^Cancel/]] },
  ];
}

function flowDialogs(runs: SeededWorld["workflowRuns"]): readonly DialogPlace[] {
  return [
    { name: "run a workflow", path: "/workflows/etl", presses: [["button", /^Run$/]] },
    {
      name: "delete a workflow",
      path: "/workflows/etl",
      presses: [
        ["button", "Actions"],
        ["menuitem", /^Delete/],
      ],
    },
    {
      name: "run it again",
      path: `/workflow-runs/${runs.failed}`,
      presses: [["button", /^Run again/]],
    },
    {
      name: "approve",
      path: `/workflow-runs/${runs.waiting}?step=approve`,
      presses: [["button", /^Approve/]],
    },
  ];
}

function executorDialogs(): readonly DialogPlace[] {
  return [
    { name: "edit an executor", path: "/executors/orders", presses: [["button", /^Edit/]] },
    { name: "delete an executor", path: "/executors/orders", presses: [["button", /^Delete/]] },
    {
      name: "restore an executor",
      path: "/executors/orders?tab=changes",
      presses: [["button", /^Restore/]],
    },
    { name: "new calendar", path: "/calendar", presses: [["button", /^New/]] },
    {
      name: "edit a calendar",
      path: "/calendar",
      presses: [
        ["button", "Actions: cn-workdays"],
        ["menuitem", "Edit"],
      ],
    },
  ];
}

function settingsDialogs(): readonly DialogPlace[] {
  return [
    { name: "new user", path: "/settings/users", presses: [["button", /^New/]] },
    { name: "new token", path: "/settings/tokens", presses: [["button", /^New/]] },
    { name: "revoke a token", path: "/settings/tokens", presses: [["button", /^Revoke/]] },
    { name: "new namespace", path: "/settings/namespaces", presses: [["button", /^New/]] },
    { name: "audit entry", path: "/settings/audit?entry=1", presses: [] },
  ];
}
