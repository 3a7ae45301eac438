import { isIP } from "node:net";
import { BoundedMap } from "../core/bounded-map.ts";
import { parseAllowed, refusesAddress } from "./egress-address.ts";

export const EGRESS_URL_LIMITS = { charsMax: 2_048, verdictsMax: 4_096 } as const;

/** Decides which addresses users may make us call. It has no switch that turns it off. */
export interface EgressPolicy {
  /** Reads a URL and judges all of it that can be judged before a name is resolved. */
  judge(url: string): UrlVerdict;
  /** Why a resolved address is refused; null when it is not. */
  refusesAddress(address: string): string | null;
}

export type UrlVerdict =
  | {
      readonly ok: true;
      /** Scheme, host and port. */
      readonly origin: string;
      /** Without the brackets of an IPv6 address. */
      readonly hostname: string;
      readonly isTls: boolean;
      readonly port: number;
      /** Path and query as they go on the wire. */
      readonly path: string;
    }
  | { readonly ok: false; readonly why: string };

export interface EgressPolicySettings {
  /** CIDR networks that are reachable though they are not public; `loopback` opens this machine. */
  readonly allow: readonly string[];
  /**
   * Our own hosts, never called (a job must not drive the API that drives it):
   * `tickwheel.example.com` means every port of it, `127.0.0.1:8080` that port only.
   */
  readonly own: readonly string[];
}

/**
 * The ports that browsers refuse too (Fetch standard, section "bad port"): their protocols can be
 * spoken by accident.
 */
const PORTS_REFUSED: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10_080,
]);

/** Names under which clouds serve credentials to their machines. */
const NAMES_REFUSED: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "metadata.tencentyun.com",
  "metadata.platformequinix.com",
  "instance-data",
  "instance-data.ec2.internal",
]);

/** Throws an error with one clear line when `allow` holds something that is no network. */
export function createEgressPolicy(settings: EgressPolicySettings): EgressPolicy {
  const allowed = parseAllowed(settings.allow);
  const own = new Set(settings.own.map((host) => withoutDots(host.toLowerCase())));
  const addressRefusal = (address: string) => refusesAddress(address, allowed);
  const verdicts = new BoundedMap<string, UrlVerdict>(EGRESS_URL_LIMITS.verdictsMax);

  const hostRefusal = (hostname: string, port: number): string | null => {
    const name = withoutDots(hostname);
    if (own.has(name) || own.has(`${name}:${port}`)) return "it is this scheduler's own address";
    if (isIP(hostname) !== 0) return addressRefusal(hostname);
    if (name === "" || NAMES_REFUSED.has(name)) return `the name "${hostname}" is not allowed`;
    const isLocal = name === "localhost" || name.endsWith(".localhost");
    return isLocal && addressRefusal("127.0.0.1") !== null
      ? `the name "${hostname}" means this machine`
      : null;
  };

  return {
    judge(url) {
      const known = verdicts.get(url);
      if (known !== undefined) return known;
      const verdict = judgeUrl(url, hostRefusal);
      // A text beyond the limit is not worth the memory.
      if (url.length <= EGRESS_URL_LIMITS.charsMax) verdicts.set(url, verdict);
      return verdict;
    },
    refusesAddress: addressRefusal,
  };
}

function judgeUrl(
  text: string,
  hostRefusal: (hostname: string, port: number) => string | null,
): UrlVerdict {
  if (text.length > EGRESS_URL_LIMITS.charsMax)
    return refuse(`the URL is longer than ${EGRESS_URL_LIMITS.charsMax} characters`);
  if (!isPlain(text)) return refuse("the URL holds spaces, control characters or backslashes");
  if (!URL.canParse(text)) return refuse("it is not a URL");
  // All that follows looks at the parsed form: 0x7f.1, 2130706433 and full-width digits are
  // 127.0.0.1.
  const url = new URL(text);
  const isTls = url.protocol === "https:";
  const port = url.port === "" ? defaultPort(isTls) : Number(url.port);
  const hostname = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const why = formRefusal(url, port) ?? hostRefusal(hostname, port);
  if (why !== null) return refuse(why);
  return { ok: true, origin: url.origin, hostname, isTls, port, path: url.pathname + url.search };
}

function formRefusal(url: URL, port: number): string | null {
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return "only http and https URLs can be called";
  if (url.username !== "" || url.password !== "")
    return "the URL holds a user name or a password; send them in a header";
  return PORTS_REFUSED.has(port) ? `port ${port} is not allowed` : null;
}

function refuse(why: string): UrlVerdict {
  return { ok: false, why };
}

function defaultPort(isTls: boolean): number {
  return isTls ? 443 : 80;
}

/**
 * The URL parser drops tabs and line breaks and turns backslashes around; we want to see what was
 * meant.
 */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x20 || unit === 0x7f || unit === 0x5c) return false;
  }
  return true;
}

/** `localhost.` is localhost: a trailing dot only says that the name is complete. */
function withoutDots(hostname: string): string {
  return hostname.replace(/\.+$/, "");
}
