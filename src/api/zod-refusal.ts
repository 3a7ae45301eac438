import type { z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import { pointerSegment } from "./body.ts";

type Issue = z.core.$ZodIssue;
type Where = "json" | "query" | "param" | "header" | "cookie" | "form";

interface Fault {
  readonly pointer: string;
  readonly message: string;
  readonly isUnknown: boolean;
}

/** How many faults one answer lists. */
const FAULTS_MAX = 20;

/** What the validator found, as a refusal whose pointers lead to each fault. */
export function refusalOfIssues(issues: readonly Issue[], where: Where): Refusal {
  const faults = issues.flatMap((issue) => faultsOf(issue, rootOf(where))).slice(0, FAULTS_MAX);
  const errors = faults.map(({ pointer, message }) => ({ pointer, message }));
  const unknown = faults.find((fault) => fault.isUnknown);
  const first = faults[0];
  if (unknown !== undefined)
    return new Refusal("request.unknown_field", `There is no field at ${unknown.pointer}.`, {
      errors,
    });
  const detail =
    first === undefined ? "The request is invalid." : `${first.pointer}: ${first.message}`;
  return new Refusal("request.invalid", detail, { errors });
}

/**
 * Fields of the body are pointed at from its root; the other parts of a request by their name
 * first.
 */
function rootOf(where: Where): string {
  if (where === "json") return "";
  return where === "param" ? "/path" : `/${where}`;
}

function faultsOf(issue: Issue, root: string): readonly Fault[] {
  const at = root + issue.path.map((key) => `/${pointerSegment(String(key))}`).join("");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      pointer: `${at}/${pointerSegment(key)}`,
      message: "Unknown field.",
      isUnknown: true,
    }));
  const meant = issue.code === "invalid_union" ? branchMeant(issue.errors) : undefined;
  if (meant !== undefined) return meant.flatMap((inner) => faultsOf(inner, at));
  return [{ pointer: at, message: issue.message.slice(0, 300), isUnknown: false }];
}

/**
 * Of the shapes that a value may have, the one that it was meant to have: of those that it is not of another
 * type than altogether, the one with the fewest faults. They are told, and not those of the others.
 */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const near = branches.filter((issues) =>
    issues.every(({ code, path }) => code !== "invalid_type" || path.length > 0),
  );
  return near.toSorted((a, b) => countFaults(a) - countFaults(b))[0];
}

function countFaults(issues: readonly Issue[]): number {
  return issues.reduce(
    (count, issue) => count + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
    0,
  );
}
