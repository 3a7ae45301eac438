import { BoundedMap } from "../core/bounded-map.ts";

/** Addresses whose host is remembered: parsing one costs more than a look-up. */
const KNOWN_MAX = 20_000;
/** What stands between the scheme and the path of an address that was checked when it was stored. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:[/\\]*([^/\\?#]*)/i;

/** The keys under which deliveries to one host are counted: `host:<host>`, with its port where it has one. */
export class HostKeys {
  readonly #known = new BoundedMap<string, string>(KNOWN_MAX);

  of(url: string): string {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const authority = AUTHORITY.exec(url)?.[1] ?? url;
    const key = `host:${authority.slice(authority.lastIndexOf("@") + 1).toLowerCase()}`;
    this.#known.set(url, key);
    return key;
  }
}
