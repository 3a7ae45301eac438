/** How often one bucket lets a password be hashed. */
interface LoginRule {
  /** In any 60 seconds. */
  readonly perMinute: number;
  /** Tries in a row that cost no wait. */
  readonly freeTries: number;
  /** The wait after the first try that is not free; it doubles with each further one. */
  readonly delayFirstMs: number;
  readonly delayMaxMs: number;
}

/** What a bucket remembers. Plain data of bounded size: a host may store it. */
export interface LoginBucket {
  /** When hashes were begun within the last minute, oldest first; at most `perMinute`. */
  readonly startedMs: readonly number[];
  /** Tries since the last one that was right. */
  readonly tries: number;
  /** Before this nothing is tried. */
  readonly nextMs: number;
}

type LoginBucketKind = "account" | "pair" | "address" | "device";

/** A bucket that a try takes from. */
export interface LoginBucketRef {
  readonly kind: LoginBucketKind;
  readonly key: string;
}

/** Where buckets are remembered: in memory, or in the storage of an object. */
export interface LoginBuckets {
  get(key: string): LoginBucket | undefined;
  set(key: string, bucket: LoginBucket): void;
}

const MINUTE_MS = 60_000;

/** After so long without a try a bucket is as good as new. */
export const LOGIN_QUIET_MS = 15 * MINUTE_MS;

/**
 * No wait is longer than a minute, so nobody is locked out for good. Who tries one account from one place waits
 * longest; the account itself never waits long, or anybody could keep its user out: its delays alone make about
 * twenty in a minute.
 */
export const LOGIN_RULES: Readonly<Record<LoginBucketKind, LoginRule>> = {
  account: { perMinute: 20, freeTries: 4, delayFirstMs: 1_000, delayMaxMs: 4_000 },
  pair: { perMinute: 10, freeTries: 5, delayFirstMs: 1_000, delayMaxMs: MINUTE_MS },
  address: { perMinute: 30, freeTries: 30, delayFirstMs: 0, delayMaxMs: 0 },
  device: { perMinute: 10, freeTries: 5, delayFirstMs: 1_000, delayMaxMs: 30_000 },
};

/**
 * The buckets of a try. A browser that was logged in to this account before has one of its own, which
 * nobody else can empty; all others share those of the account and of where they are.
 */
export function loginBucketsOf(tried: {
  readonly account: string;
  readonly address: string;
  readonly device: string | null;
}): readonly LoginBucketRef[] {
  const { account, device } = tried;
  if (device !== null) return [{ kind: "device", key: `device ${account} ${device}` }];
  const from = addressGroup(tried.address);
  return [
    { kind: "address", key: `address ${from}` },
    { kind: "account", key: `account ${account}` },
    { kind: "pair", key: `pair ${account} ${from}` },
  ];
}

/** Counts a try in all of its buckets and returns 0; or counts nothing and returns how long to wait. */
export function admitLogin(
  buckets: LoginBuckets,
  refs: readonly LoginBucketRef[],
  nowMs: number,
): number {
  const held = refs.map((ref) => ({ ref, bucket: freshened(buckets.get(ref.key), nowMs) }));
  const waits = held.map(({ ref, bucket }) => waitOf(bucket, LOGIN_RULES[ref.kind], nowMs));
  const waitMs = Math.max(0, ...waits);
  if (waitMs > 0) return waitMs;
  for (const { ref, bucket } of held)
    buckets.set(ref.key, charged(bucket, LOGIN_RULES[ref.kind], nowMs));
  return 0;
}

/**
 * The password was right: nobody waits for what came before. How many were hashed in this minute still counts,
 * and an address stays what it is, or one account of one's own would pay for guessing at others.
 */
export function forgiveLogin(buckets: LoginBuckets, refs: readonly LoginBucketRef[]): void {
  for (const { kind, key } of refs) {
    const bucket = buckets.get(key);
    if (bucket === undefined || kind === "address") continue;
    buckets.set(key, { ...bucket, tries: 0, nextMs: 0 });
  }
}

/** Who has one address of IPv6 has the 64 bits of its network; one of IPv4 stands for itself. */
export function addressGroup(address: string): string {
  const mapped = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}

function groupsOf(text: string): readonly string[] {
  if (text === "") return [];
  return text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}

/** Without what is too old, and without what a clock that stepped back left in times to come. */
function freshened(bucket: LoginBucket | undefined, nowMs: number): LoginBucket {
  const startedMs = (bucket?.startedMs ?? []).filter(
    (atMs) => atMs > nowMs - MINUTE_MS && atMs <= nowMs,
  );
  const isQuiet = bucket === undefined || Math.abs(nowMs - bucket.nextMs) > LOGIN_QUIET_MS;
  if (isQuiet) return { startedMs, tries: startedMs.length, nextMs: 0 };
  return { ...bucket, startedMs };
}

function waitOf(bucket: LoginBucket, rule: LoginRule, nowMs: number): number {
  const oldest = bucket.startedMs[0] ?? nowMs;
  const forRoom = bucket.startedMs.length < rule.perMinute ? 0 : oldest + MINUTE_MS - nowMs;
  // No rule asks for longer: what does is left of a clock that stepped back.
  const leftMs = bucket.nextMs - nowMs;
  const forDelay = leftMs > rule.delayMaxMs ? 0 : leftMs;
  return Math.max(0, forRoom, forDelay);
}

function charged(bucket: LoginBucket, rule: LoginRule, nowMs: number): LoginBucket {
  const tries = bucket.tries + 1;
  const doublings = tries - rule.freeTries - 1;
  const delayMs =
    doublings < 0 ? 0 : Math.min(rule.delayMaxMs, rule.delayFirstMs * 2 ** Math.min(20, doublings));
  return { startedMs: [...bucket.startedMs, nowMs], tries, nextMs: nowMs + delayMs };
}
