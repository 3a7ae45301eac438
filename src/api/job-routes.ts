import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { JobSpec } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { etagOf, ifMatchOf } from "./etag.ts";
import { maySeeRun, narrowedTo, ownView, refuseOtherTarget } from "./executor-limit.ts";
import { ownReplacement } from "./executor-limit-put.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { jobFullJson, jobFullOut, jobOut, jobViewJson, listedJobJson } from "./job-json.ts";
import { patchBody, patchedJob } from "./job-patch.ts";
import { jobBody, jobName, putBody, type JobBody } from "./job-schema.ts";
import type { JobStore, JobWrite } from "./job-store.ts";
import { namespaceOf, principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { APP_KEY } from "./target-schema.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

const JOBS = `${BASE_PATH}/jobs`;
const ONE_JOB = `${BASE_PATH}/jobs/{job}`;

export const jobParam = z.strictObject({
  job: z.string().min(1).max(WIRE_LIMITS.nameChars).openapi({ description: "The id or the name." }),
});

const createJob = createRoute({
  method: "post",
  path: JOBS,
  summary: "Create a job",
  request: { headers: idempotencyHeader, body: jsonBody(jobBody) },
  responses: { 201: jsonAnswer("The new job.", jobOut), ...problemAnswers },
});

const putJob = createRoute({
  method: "put",
  path: `${BASE_PATH}/jobs/{name}`,
  summary: "Create or replace a job",
  request: {
    headers: ifMatchHeader,
    params: z.strictObject({ name: jobName }),
    body: jsonBody(putBody),
  },
  responses: {
    200: jsonAnswer("The job as it is now.", jobOut),
    201: jsonAnswer("The new job.", jobOut),
    ...problemAnswers,
  },
});

const listJobs = createRoute({
  method: "get",
  path: JOBS,
  summary: "List jobs by name",
  description:
    "A page looks at a bounded number of jobs. Where `q` passes over most of them, a page holds fewer " +
    "than asked for, be it none, and its cursor leads on.",
  request: {
    query: z.strictObject({
      ...pageQuery,
      state: z.enum(["active", "paused", "ended"]).optional(),
      executor: z.string().regex(APP_KEY).optional(),
      tag: z.string().min(1).max(WIRE_LIMITS.tagChars).optional(),
      q: z.string().min(1).max(WIRE_LIMITS.queryChars).optional(),
    }),
  },
  responses: {
    200: jsonAnswer("One page of jobs, up to a second behind.", pageOf(jobOut)),
    ...problemAnswers,
  },
});

const getJob = createRoute({
  method: "get",
  path: ONE_JOB,
  summary: "A job with its next ticks and last runs",
  request: { params: jobParam },
  responses: { 200: jsonAnswer("The job.", jobFullOut), ...problemAnswers },
});

const patchJob = createRoute({
  method: "patch",
  path: ONE_JOB,
  summary: "Change parts of a job",
  request: { headers: ifMatchHeader, params: jobParam, body: jsonBody(patchBody) },
  responses: { 200: jsonAnswer("The job as it is now.", jobOut), ...problemAnswers },
});

const deleteJob = createRoute({
  method: "delete",
  path: ONE_JOB,
  summary: "Delete a job",
  request: {
    headers: ifMatchHeader,
    params: jobParam,
    query: z.strictObject({ running: z.enum(["finish", "cancel"]).default("finish") }),
  },
  responses: { 204: { description: "The job is gone." }, ...problemAnswers },
});

/** The routes of jobs as resources. */
export function addJobRoutes(api: Api, deps: ApiDeps, jobs: JobStore): void {
  addJobWrites(api, jobs);

  api.openapi(listJobs, async (c) => {
    const { limit, cursor, state, executor, tag, q } = c.req.valid("query");
    const page = await deps.records.jobs({
      namespace: namespaceOf(c),
      ...narrowedTo(principalOf(c)),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      state: state ?? null,
      executor: executor ?? null,
      tag: tag ?? null,
      q: q ?? null,
    });
    const nowMs = c.get("nowMs");
    const calendarsOf = await jobs.calendarsOf(page.items, nowMs);
    const items = page.items.map((job) => listedJobJson(job, nowMs, calendarsOf(job)));
    return c.json({ items, nextCursor: page.nextCursor }, 200);
  });

  api.openapi(getJob, async (c) => {
    const { job } = c.req.valid("param");
    const { view, nextTicksMs } = await jobs.getWithTicks(namespaceOf(c), job);
    const lastRuns = await jobs.lastRuns(view);
    const shown = lastRuns.filter((run) => maySeeRun(principalOf(c), run));
    c.header("ETag", etagOf(view.job.version));
    return c.json(jobFullJson(view, nextTicksMs, shown), 200);
  });

  api.openapi(deleteJob, async (c) => {
    const { running } = c.req.valid("query");
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const at = { namespace: namespaceOf(c), nowMs: c.get("nowMs") };
    await jobs.delete(c.req.valid("param").job, { ifMatch, running }, at);
    return c.body(null, 204);
  });
}

function addJobWrites(api: Api, jobs: JobStore): void {
  api.openapi(createJob, async (c) => {
    const body = c.req.valid("json");
    refuseOtherTarget(c, body.target);
    const { value, isReplay } = await jobs.create(body, writeOf(c));
    markReplay(c, isReplay);
    c.header("ETag", etagOf(value.view.job.version));
    c.header("Location", `${JOBS}/${value.view.job.spec.name}`);
    return c.json(jobViewJson(ownView(c, value.view)), 201);
  });

  api.openapi(putJob, async (c) => {
    const { name } = c.req.valid("param");
    const body = c.req.valid("json");
    if (body.name !== undefined && body.name !== name) throw otherName();
    refuseOtherTarget(c, body.target);
    const write = { ...writeOf(c), idempotency: null };
    const wanted = ifMatchOf(c.req.header("If-Match"));
    const how = await ownReplacement(jobs, { who: principalOf(c), name, wanted });
    const { value } = await (how.isNew
      ? jobs.create({ ...body, name }, write)
      : jobs.replace({ ...body, name }, how.ifMatch, write));
    c.header("ETag", etagOf(value.view.job.version));
    return c.json(jobViewJson(ownView(c, value.view)), value.isNew ? 201 : 200);
  });

  api.openapi(patchJob, async (c) => {
    const patch = c.req.valid("json");
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const bodyFrom = (stored: JobSpec): JobBody => {
      const body = patchedJob(stored, patch);
      refuseOtherTarget(c, stored.target);
      refuseOtherTarget(c, body.target);
      return body;
    };
    const change = { ifMatch, bodyFrom };
    const write = { ...writeOf(c), idempotency: null };
    const { value } = await jobs.change(c.req.valid("param").job, change, write);
    c.header("ETag", etagOf(value.view.job.version));
    return c.json(jobViewJson(ownView(c, value.view)), 200);
  });
}

function writeOf(c: Context<ApiEnv>): JobWrite {
  return { namespace: namespaceOf(c), nowMs: c.get("nowMs"), idempotency: idempotencyOf(c) };
}

function otherName(): Refusal {
  return new Refusal("request.invalid", "The name in the body is not the one in the path.", {
    errors: [{ pointer: "/name", message: "Leave it out, or repeat the name of the path." }],
    hint: "The name of a job never changes.",
  });
}
