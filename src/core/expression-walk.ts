/** A node of a parsed expression, as far as the reading of one needs it. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
}

/** What an expression speaks of. */
export interface References {
  /** The names that it uses: `params`, `steps`, `item`, …; each once. */
  readonly names: readonly string[];
  /** The steps that it names, each once: of `steps.a.output` and `steps["ok?"]`, `a` and `ok?`. */
  readonly steps: readonly string[];
}

export const NO_REFERENCES: References = { names: [], steps: [] };

/** A loop over a list: `list.exists(x, …)`. */
export interface Loop {
  readonly kind: string;
  readonly list: CelNode;
  readonly variable: CelNode;
  /** What is done with each item. */
  readonly bodies: readonly CelNode[];
}

/** The loops that an expression may be allowed. */
export const LOOPS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter", "map"]);

const CHOOSERS: ReadonlySet<string> = new Set([".", ".?", "[]", "[?]"]);

export function isNode(value: unknown): value is CelNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** The nodes right below one. The parser bounds how deep they lie. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  const found: CelNode[] = [];
  collect(node.args, found);
  return found;
}

function collect(args: unknown, into: CelNode[]): void {
  if (isNode(args)) into.push(args);
  else if (Array.isArray(args)) for (const arg of args) collect(arg, into);
}

/** The name of the function that a node calls; undefined when it calls none. */
export function calledBy(node: CelNode): string | undefined {
  if ((node.op !== "call" && node.op !== "rcall") || !Array.isArray(node.args)) return undefined;
  const name: unknown = node.args[0];
  return typeof name === "string" ? name : undefined;
}

/** The loop that a node is; undefined when it is none. */
export function loopOf(node: CelNode): Loop | undefined {
  const kind = calledBy(node);
  if (node.op !== "rcall" || kind === undefined || !LOOPS.has(kind)) return undefined;
  const [list, variable, ...bodies] = childrenOf(node);
  return list === undefined || variable === undefined
    ? undefined
    : { kind, list, variable, bodies };
}

/** `a.b`, `a["b"]` and the like: the value, and the key where it stands in the text. */
export function choiceOf(
  node: CelNode,
): { readonly of: CelNode; readonly key: string | bigint | undefined } | undefined {
  if (!CHOOSERS.has(node.op) || !Array.isArray(node.args)) return undefined;
  const [of, key]: readonly unknown[] = node.args;
  return isNode(of) ? { of, key: keyOf(key) } : undefined;
}

function keyOf(key: unknown): string | bigint | undefined {
  const plain = isNode(key) && key.op === "value" ? key.args : key;
  return typeof plain === "string" || typeof plain === "bigint" ? plain : undefined;
}

/** The first function called that is not one of these; undefined when there is none. */
export function foreignCall(node: CelNode, known: ReadonlySet<string>): string | undefined {
  const name = calledBy(node);
  if (name !== undefined && !known.has(name)) return name;
  for (const child of childrenOf(node)) {
    const found = foreignCall(child, known);
    if (found !== undefined) return found;
  }
  return undefined;
}

const BARE = 'steps is only used with the name of a step: steps.a, or steps["a b"].';
const DYNAMIC = 'The name of a step is written out: steps.a, or steps["a b"].';

/** What an expression speaks of, among these names; or the sentence that says which step it leaves open. */
export function referencesOf(root: CelNode, names: readonly string[]): References | string {
  const used = new Set<string>();
  const steps = new Set<string>();
  const fault = gather(root, { names: new Set(names), used, steps });
  return fault ?? { names: [...used], steps: [...steps] };
}

interface Gathered {
  readonly names: ReadonlySet<string>;
  readonly used: Set<string>;
  readonly steps: Set<string>;
}

function gather(node: CelNode, into: Gathered): string | undefined {
  const chosen = choiceOf(node);
  if (chosen !== undefined && isSteps(chosen.of, into)) {
    if (typeof chosen.key !== "string") return DYNAMIC;
    into.used.add("steps");
    into.steps.add(chosen.key);
    return undefined;
  }
  if (isSteps(node, into)) return BARE;
  if (node.op === "id" && typeof node.args === "string" && into.names.has(node.args))
    into.used.add(node.args);
  for (const child of childrenOf(node)) {
    const fault = gather(child, into);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isSteps(node: CelNode, { names }: Gathered): boolean {
  return node.op === "id" && node.args === "steps" && names.has("steps");
}
