/** One field of a refused request: where it is (a JSON pointer) and what is wrong with it. */
export interface FieldFault {
  readonly pointer: string;
  readonly message: string;
}

interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly hint: string;
  readonly errors?: readonly FieldFault[];
}

/** What the API answered instead (RFC 9457), or what kept a request from being answered at all. */
export class Problem extends Error {
  readonly status: number;
  /** Of the closed list of the API, or `network.unreachable`. */
  readonly code: string;
  readonly hint: string;
  readonly requestId: string | null;
  readonly faults: readonly FieldFault[];
  readonly retryAfterSeconds: number | null;

  constructor(body: ProblemBody, retryAfterSeconds: number | null) {
    super(body.detail);
    this.name = "Problem";
    this.status = body.status;
    this.code = body.code;
    this.hint = body.hint;
    this.requestId = body.requestId === "" ? null : body.requestId;
    this.faults = body.errors ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The problem in an answer that is not 2xx. An answer of something between us and the server has none. */
export async function problemOf(response: Response): Promise<Problem> {
  const after = Number(response.headers.get("Retry-After") ?? "");
  const retryAfterSeconds = Number.isFinite(after) && after > 0 ? after : null;
  const isProblem = (response.headers.get("Content-Type") ?? "").includes("problem+json");
  // The media type says that the server wrote it, and it writes all of these fields.
  const body: ProblemBody = isProblem ? await response.json() : unknownProblem(response);
  return new Problem(body, retryAfterSeconds);
}

/** No answer came: the network, or the host, is away. */
export function unreachable(error: unknown): Problem {
  return new Problem(
    {
      title: "Unreachable",
      status: 0,
      detail: error instanceof Error ? error.message : String(error),
      code: "network.unreachable",
      requestId: "",
      hint: "",
    },
    null,
  );
}

function unknownProblem(response: Response): ProblemBody {
  return {
    title: response.statusText,
    status: response.status,
    detail: `HTTP ${response.status} ${response.statusText}`,
    code: "internal.error",
    requestId: response.headers.get("X-Request-Id") ?? "",
    hint: "",
  };
}
