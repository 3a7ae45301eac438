import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/**
 * A network in the form that ipaddr.js matches against: its first address and its prefix length.
 */
type Network = readonly [Address, number];

/**
 * Never reachable, whatever the operator allows: the metadata services of clouds hand out
 * credentials, 0.0.0.0 and :: mean this very machine, and a broadcast is nobody's webhook. Sources:
 * the documentation of AWS (169.254.169.254, fd00:ec2::254), Azure (168.63.129.16), Alibaba Cloud
 * (100.100.100.200), Oracle (192.0.0.192); RFC 1122 section 3.2.1.3; RFC 3927.
 */
const DENIED: readonly Network[] = [
  "0.0.0.0/8",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "192.0.0.192/32",
  "224.0.0.0/4",
  "255.255.255.255/32",
  "::/128",
  "fd00:ec2::/32",
  "fe80::/10",
  "ff00::/8",
].map((cidr) => ipaddr.parseCIDR(cidr));

/** The only part of IPv6 that is handed out for the public network (RFC 4291, IANA registry). */
const IPV6_PUBLIC: Network = ipaddr.parseCIDR("2000::/3");
/** Where a translator reaches IPv4 (RFC 6052). Its local cousin 64:ff9b:1::/48 is not public. */
const NAT64: Network = ipaddr.parseCIDR("64:ff9b::/96");
const IPV4_MAPPED: Network = ipaddr.parseCIDR("::ffff:0:0/96");

/**
 * Networks that an operator may open at once: anything wider would be a switch that turns the guard
 * off.
 */
const PREFIX_MIN = { ipv4: 8, ipv6: 8 } as const;
const LOOPBACK = ["127.0.0.0/8", "::1/128"] as const;

/** The networks that an operator opened, parsed. */
export type AllowedNetworks = readonly Network[];

/**
 * Reads the entries of `EGRESS_ALLOW`: CIDR networks, single addresses, or `loopback`. Throws an
 * error with one clear line for an entry that is no network or is too wide.
 */
export function parseAllowed(entries: readonly string[]): AllowedNetworks {
  return entries.flatMap((entry) => (entry === "loopback" ? LOOPBACK : [entry])).map(parseNetwork);
}

/**
 * The same rules for a network layer that filters connections by CIDR and knows by itself what is public: what
 * the operator opened, and what stays closed in what is public or opened. Throws as `parseAllowed` does.
 */
export function networkRules(entries: readonly string[]): {
  readonly opened: readonly string[];
  readonly closed: readonly string[];
} {
  const closed = [...DENIED, NAT64];
  const opened = parseAllowed(entries).filter(
    ([start]) => !closed.some((network) => isWithin(start, network)),
  );
  return { opened: opened.map(cidrOf), closed: closed.map(cidrOf) };
}

/**
 * Why a connection to this address is refused; null when it is not. The text is an address as
 * resolvers and sockets print it. Addresses that carry an IPv4 address inside are judged by that
 * one.
 */
export function refusesAddress(text: string, allowed: AllowedNetworks): string | null {
  // A scope such as %eth0 makes sense for link-local addresses only.
  if (text.includes("%") || !ipaddr.isValid(text)) return `"${text}" is not an address`;
  const address = embeddedIpv4(ipaddr.parse(text));
  if (DENIED.some((network) => isWithin(address, network)))
    return `${address.toString()} is never allowed`;
  if (allowed.some((network) => isWithin(address, network))) return null;
  const range = address.range();
  if (range !== "unicast") return `${address.toString()} is not public (${range})`;
  return address.kind() === "ipv4" || isWithin(address, IPV6_PUBLIC)
    ? null
    : `${address.toString()} is not public`;
}

/** The IPv4 address that an IPv4-mapped or NAT64 address reaches; any other address as it is. */
function embeddedIpv4(address: Address): Address {
  if (!isWithin(address, IPV4_MAPPED) && !isWithin(address, NAT64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function isWithin(address: Address, [start, prefix]: Network): boolean {
  if (address instanceof ipaddr.IPv4)
    return start instanceof ipaddr.IPv4 && address.match(start, prefix);
  return start instanceof ipaddr.IPv6 && address.match(start, prefix);
}

function cidrOf([start, prefix]: Network): string {
  return `${start.toString()}/${prefix}`;
}

function parseNetwork(entry: string): Network {
  const text = entry.trim();
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return [ipaddr.IPv4.parse(text), 32];
  if (ipaddr.IPv6.isValid(text)) return [ipaddr.IPv6.parse(text), 128];
  if (!ipaddr.isValidCIDR(text)) throw new Error(`EGRESS_ALLOW: "${text}" is not a network`);
  const [start, prefix] = ipaddr.parseCIDR(text);
  if (prefix < PREFIX_MIN[start.kind()])
    throw new Error(`EGRESS_ALLOW: "${text}" is too wide: the prefix must be at least 8 bits long`);
  return [start, prefix];
}
