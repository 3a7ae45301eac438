/** A line of a comparison, or how many in a row are the same and left out. */
export type DiffLine =
  | { readonly kind: "same" | "added" | "removed"; readonly text: string }
  | { readonly kind: "gap"; readonly count: number };

const LIMITS = {
  /** Lines of the one text times lines of the other that are compared one by one: some 50 ms. */
  pairsMax: 6_000_000,
  /** Lines that are the same are shown this far around what differs. */
  around: 3,
} as const;

/**
 * What differs between two texts, line by line, with a few lines around it. Texts that are too long to be compared
 * one by one are shown as one block gone and one block come, between what they begin and end with alike.
 */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const rest = Math.min(a.length, b.length) - head;
  while (tail < rest && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const gone = a.slice(head, a.length - tail);
  const come = b.slice(head, b.length - tail);
  return shortened([
    ...a.slice(0, head).map(same),
    ...middle(gone, come),
    ...a.slice(a.length - tail).map(same),
  ]);
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}

type TextLine = Exclude<DiffLine, { readonly kind: "gap" }>;

const same = (text: string): TextLine => ({ kind: "same", text });
const removed = (text: string): TextLine => ({ kind: "removed", text });
const added = (text: string): TextLine => ({ kind: "added", text });

function middle(a: readonly string[], b: readonly string[]): readonly TextLine[] {
  if (a.length * b.length > LIMITS.pairsMax) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  // The length of the longest common rest from each pair of places on.
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      common[at] =
        a[i] === b[j]
          ? (common[at + width + 1] ?? 0) + 1
          : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0);
    }
  return walked(a, b, common);
}

/** Step by step from the start: what both have is kept, else what loses less of the common rest goes first. */
function walked(
  a: readonly string[],
  b: readonly string[],
  common: Uint32Array,
): readonly TextLine[] {
  const width = b.length + 1;
  const lines: TextLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const line = nextLine(a[i] ?? "", b[j] ?? "", common.subarray(i * width + j), width);
    lines.push(line);
    i += Number(line.kind !== "added");
    j += Number(line.kind !== "removed");
  }
  return [...lines, ...a.slice(i).map(removed), ...b.slice(j).map(added)];
}

function nextLine(left: string, right: string, common: Uint32Array, width: number): TextLine {
  if (left === right) return same(left);
  return (common[width] ?? 0) >= (common[1] ?? 0) ? removed(left) : added(right);
}

/** Without what is the same far from what differs. */
function shortened(lines: readonly TextLine[]): readonly DiffLine[] {
  const isNear = new Set<number>();
  for (const [at, { kind }] of lines.entries())
    if (kind !== "same")
      for (let near = at - LIMITS.around; near <= at + LIMITS.around; near++) isNear.add(near);
  const shown: DiffLine[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isNear.has(at)) shown.push(line);
    else if (last?.kind === "gap") shown[shown.length - 1] = { kind: "gap", count: last.count + 1 };
    else shown.push({ kind: "gap", count: 1 });
  }
  return shown;
}
