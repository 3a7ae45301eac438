import type { SeededWorld } from "./seed.ts";

/** One address of the dashboard in a seeded world. */
export interface Place {
  /** The entry of `PAGES` it belongs to. */
  readonly page: string;
  /** Of its picture, such as `jobs-nightly-report-ticks`. */
  readonly name: string;
  readonly path: string;
  /** Seen by those who are not logged in. */
  readonly isOutside: boolean;
}

const JOBS = ["nightly-report", "billing-sync", "markup-in-text"] as const;
const EXECUTORS = ["orders", "media"] as const;
const OUTSIDE: ReadonlySet<string> = new Set(["/login", "/setup"]);
const SECTIONS = [
  "account",
  "sessions",
  "users",
  "tokens",
  "namespaces",
  "audit",
  "about",
] as const;

/** The tabs of a page beside the first one, and what else its address may choose. */
const JOB_QUERIES = [
  "tab=runs",
  "tab=ticks",
  "tab=backfills",
  "tab=definition",
  "tab=definition&as=json",
  "tab=history",
] as const;
const EXECUTOR_QUERIES = ["tab=secrets", "tab=connect", "tab=history", "tab=changes"] as const;
const WORKFLOW_QUERIES = ["tab=definition", "tab=runs", "tab=versions", "tab=history"] as const;
const WORKFLOW_RUN_QUERIES = ["tab=gantt", "tab=table", "tab=data", "step=approve"] as const;

type Line = (world: SeededWorld) => readonly Place[];

/** What stands in the place of the parameter of a page, by the name that the picture gets. */
type Values = Readonly<Record<string, string>>;

const same = (...names: readonly string[]): Values =>
  Object.fromEntries(names.map((name) => [name, name]));

/** The places of a page with a parameter, and those of `queries` for the value called `queried`. */
function each(
  page: string,
  values: (world: SeededWorld) => Values,
  queried: string,
  queries: readonly string[] = [],
): Line {
  return (world) => {
    const named = values(world);
    const path = (of: string): string =>
      page.replace(/\{\w+\}/, encodeURIComponent(named[of] ?? ""));
    const prefix = nameOf(page);
    return [
      ...Object.keys(named).map((of) => placeOf(page, `${prefix}-${of}`, path(of))),
      ...queries.map((query) =>
        placeOf(page, `${prefix}-${queried}-${wordsOf(query)}`, `${path(queried)}?${query}`),
      ),
    ];
  };
}

/** The place of a page without a parameter, with each of some queries beside it. */
function one(page: string, queries: readonly string[] = []): Line {
  return () => [
    placeOf(page, nameOf(page), page),
    ...queries.map((query) =>
      placeOf(page, `${nameOf(page)}-${wordsOf(query)}`, `${page}?${query}`),
    ),
  ];
}

function placeOf(page: string, name: string, path: string): Place {
  return { page, name, path, isOutside: OUTSIDE.has(page) };
}

function nameOf(page: string): string {
  const words = page.replaceAll(/\/\{\w+\}/g, "").slice(1);
  return words.replaceAll("/", "-") || "home";
}

function wordsOf(query: string): string {
  return [...new URLSearchParams(query).values()].join("-");
}

const LINES: Readonly<Record<string, Line>> = {
  "/": one("/", ["range=7d"]),
  "/login": one("/login"),
  "/setup": one("/setup"),
  "/jobs": one("/jobs", ["q=nothing-is-called-so"]),
  "/jobs/new": one("/jobs/new", ["as=json"]),
  "/jobs/{job}": each("/jobs/{job}", () => same(...JOBS), "billing-sync", JOB_QUERIES),
  "/jobs/{job}/edit": each("/jobs/{job}/edit", () => same("nightly-report"), "nightly-report"),
  "/runs": one("/runs", ["state=failed,timed_out,lost"]),
  "/runs/{run}": each("/runs/{run}", ({ runs }) => ({ ...runs }), "failed"),
  "/workflows": one("/workflows"),
  "/workflows/new": one("/workflows/new"),
  "/workflows/{workflow}": each(
    "/workflows/{workflow}",
    () => same("etl"),
    "etl",
    WORKFLOW_QUERIES,
  ),
  "/workflows/{workflow}/edit": each("/workflows/{workflow}/edit", () => same("etl"), "etl"),
  "/workflow-runs": one("/workflow-runs"),
  "/workflow-runs/{workflowRun}": each(
    "/workflow-runs/{workflowRun}",
    ({ workflowRuns }) => ({ ...workflowRuns }),
    "waiting",
    WORKFLOW_RUN_QUERIES,
  ),
  "/executors": one("/executors"),
  "/executors/new": one("/executors/new"),
  "/executors/{appKey}": each(
    "/executors/{appKey}",
    () => same(...EXECUTORS),
    "orders",
    EXECUTOR_QUERIES,
  ),
  "/calendar": one("/calendar", ["history=cn-workdays"]),
  "/settings": one("/settings"),
  "/settings/{section}": each("/settings/{section}", () => same(...SECTIONS), "account"),
};

/** Every address of the dashboard that shows something of its own, each tab by itself. */
export function placesIn(world: SeededWorld): readonly Place[] {
  return Object.values(LINES).flatMap((line) => line(world));
}
