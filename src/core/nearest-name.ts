/** A name as far away as this is another name, not a slip. */
const DISTANCE_MAX = 2;
/** Names that are compared, of those that are about as long. */
const COMPARED_MAX = 1_000;

/** A hint at the name that was probably meant; undefined when none is near. */
export function nearestHint(wanted: string, names: Iterable<string>): string | undefined {
  const near = nearestName(wanted, names);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = DISTANCE_MAX + 1;
  let compared = 0;
  const lower = wanted.toLowerCase();
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= least) continue;
    compared += 1;
    if (compared > COMPARED_MAX) break;
    const distance = distanceOf(lower, name.toLowerCase());
    if (distance >= Math.min(least, Math.ceil(wanted.length / 2))) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

/** Characters to add, drop or change (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const changed = (above[column - 1] ?? 0) + (isSame ? 0 : 1);
      const dropped = (above[column] ?? 0) + 1;
      const added = (line[column - 1] ?? 0) + 1;
      line.push(Math.min(changed, dropped, added));
    }
    above = line;
  }
  return above[other.length] ?? 0;
}
