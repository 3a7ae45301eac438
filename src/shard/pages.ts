/** Rows read from storage at once where all of them are looked at. */
export const PAGE = 1_000;

/** Everything that `read` gives, page by page, each after the last row of the one before. */
export function* pages<T>(read: (last?: T) => readonly T[]): Generator<T> {
  let page = read();
  while (page.length > 0) {
    yield* page;
    page = page.length < PAGE ? [] : read(page.at(-1));
  }
}

/** The same where a page may hold fewer rows than it could, because they are long: only an empty one is the end. */
export function* wholePages<T>(read: (last?: T) => readonly T[]): Generator<T> {
  for (let page = read(); page.length > 0; page = read(page.at(-1))) yield* page;
}
