/** A piece of a text: a link to follow, a place that was searched for, or neither. */
export interface Piece {
  readonly text: string;
  readonly href: string | null;
  readonly isMatch: boolean;
}

const URLS = /https?:\/\/[^\s<>"'`|\\^{}]+/giu;
/** What ends a sentence ends an address in it, too. */
const TRAILING = /[.,;:!?)\]]+$/u;

/** A text in pieces: addresses of the web, and the places where `query` is found, whatever its case. */
export function piecesOf(text: string, query: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(URLS)) {
    const address = found[0].replace(TRAILING, "");
    pieces.push(...matchesIn(text.slice(at, found.index), query, null));
    pieces.push(...matchesIn(address, query, hrefOf(address)));
    at = found.index + address.length;
  }
  pieces.push(...matchesIn(text.slice(at), query, null));
  return pieces;
}

function matchesIn(text: string, query: string, href: string | null): readonly Piece[] {
  const pieces: Piece[] = [];
  const where = text.toLowerCase();
  const what = query.toLowerCase();
  let at = 0;
  const put = (end: number, isMatch: boolean): void => {
    if (end > at) pieces.push({ text: text.slice(at, end), href, isMatch });
    at = Math.max(at, end);
  };
  // Where lower case has another length, as in some languages, places would not be those of the text.
  if (what !== "" && where.length === text.length)
    for (let hit = where.indexOf(what); hit >= 0; hit = where.indexOf(what, at)) {
      put(hit, false);
      put(hit + what.length, true);
    }
  put(text.length, false);
  return pieces;
}

/** The address as a browser reads it, if it leads to the web. */
function hrefOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, href } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? href : null;
}
