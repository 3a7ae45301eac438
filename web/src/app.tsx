import { QueryClientProvider } from "@tanstack/react-query";
import type { ComponentType } from "preact";
import { lazy, Suspense } from "preact/compat";
import { Route, Switch, useLocation } from "wouter";
import { queryClient } from "./api/use-api.ts";
import { Door } from "./shell/door.tsx";
import { Frame } from "./shell/frame.tsx";
import { Guarded, NotFound } from "./shell/guarded.tsx";

/** A page whose code comes when it is first shown. */
function page(load: () => Promise<ComponentType>): ComponentType {
  return lazy(async () => ({ default: await load() }));
}

// Each address of src/api/pages.ts, and the page it shows.
const PAGES: readonly (readonly [string, ComponentType])[] = [
  ["/", page(async () => (await import("./pages/home/home-page.tsx")).HomePage)],
  ["/jobs", page(async () => (await import("./pages/jobs/jobs-page.tsx")).JobsPage)],
  ["/jobs/new", page(async () => (await import("./pages/jobs/job-edit-page.tsx")).JobNewPage)],
  ["/jobs/:job", page(async () => (await import("./pages/jobs/job-page.tsx")).JobPage)],
  [
    "/jobs/:job/edit",
    page(async () => (await import("./pages/jobs/job-edit-page.tsx")).JobEditPage),
  ],
  ["/runs", page(async () => (await import("./pages/runs/runs-page.tsx")).RunsPage)],
  ["/runs/:run", page(async () => (await import("./pages/runs/run-page.tsx")).RunPage)],
  [
    "/workflows",
    page(async () => (await import("./pages/workflows/workflows-page.tsx")).WorkflowsPage),
  ],
  [
    "/workflows/new",
    page(async () => (await import("./pages/workflows/workflow-edit-page.tsx")).WorkflowNewPage),
  ],
  [
    "/workflows/:workflow",
    page(async () => (await import("./pages/workflows/workflow-page.tsx")).WorkflowPage),
  ],
  [
    "/workflows/:workflow/edit",
    page(async () => (await import("./pages/workflows/workflow-edit-page.tsx")).WorkflowEditPage),
  ],
  [
    "/workflow-runs",
    page(async () => (await import("./pages/workflows/workflow-runs-page.tsx")).WorkflowRunsPage),
  ],
  [
    "/workflow-runs/:workflowRun",
    page(async () => (await import("./pages/workflows/workflow-run-page.tsx")).WorkflowRunPage),
  ],
  [
    "/executors",
    page(async () => (await import("./pages/executors/executors-page.tsx")).ExecutorsPage),
  ],
  [
    "/executors/new",
    page(async () => (await import("./pages/executors/executor-new-page.tsx")).ExecutorNewPage),
  ],
  [
    "/executors/:appKey",
    page(async () => (await import("./pages/executors/executor-page.tsx")).ExecutorPage),
  ],
  [
    "/calendar",
    page(async () => (await import("./pages/calendar/calendar-page.tsx")).CalendarPage),
  ],
  [
    "/settings",
    page(async () => (await import("./pages/settings/settings-page.tsx")).SettingsPage),
  ],
  [
    "/settings/:section",
    page(async () => (await import("./pages/settings/settings-page.tsx")).SettingsPage),
  ],
];

/** The dashboard: the door, the frame, and the page of the address. */
export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Door>
        <Frame>
          <Shown />
        </Frame>
      </Door>
    </QueryClientProvider>
  );
}

function Shown() {
  const [path] = useLocation();
  return (
    <Guarded of={path}>
      <Suspense fallback={null}>
        <Switch>
          {PAGES.map(([pattern, Shows]) => (
            <Route key={pattern} path={pattern}>
              <Shows />
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </Guarded>
  );
}
