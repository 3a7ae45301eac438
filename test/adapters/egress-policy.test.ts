import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEgressPolicy, EGRESS_URL_LIMITS } from "../../src/adapters/egress-policy.ts";

const policy = createEgressPolicy({ allow: [], own: ["tickwheel.example"] });

/** One host or more of every network that is not public, and every way to write an IPv4 address. */
const FORBIDDEN_HOSTS = [
  ..."127.0.0.1 127.1 127.0.1 127.255.255.254 0x7f000001 0x7f.1 0x7f.0x0.0x0.0x1".split(" "),
  ..."2130706433 017700000001 0177.0.0.1 0177.1 00000177.0.0.1 127.0.0.1. 0 0.0.0.0".split(" "),
  ..."0.1.2.3 0x0 000 10.0.0.1 10.255.255.255 0xa000001 167772161 012.0.0.1 10.1".split(" "),
  ..."100.64.0.1 100.127.255.254 100.100.100.200 169.254.169.254 169.254.170.2".split(" "),
  ..."169.254.0.1 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.16689662".split(" "),
  ..."172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 3232235521 192.168.1".split(" "),
  ..."192.0.0.1 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1".split(" "),
  ..."192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9".split(" "),
  ..."224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255".split(" "),
  ..."4294967295 0xffffffff 168.63.129.16 2822734096 0xa83f8110".split(" "),
  ..."①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127｡0｡0｡1 ⓁⓄⒸⒶⓁⒽⓄⓈⓉ ｌｏｃａｌｈｏｓｔ".split(" "),
  ..."localhost LOCALHOST localhost. LocalHost. a.localhost a.b.localhost.".split(" "),
  ..."%6c%6fcalhost loc%61lhost metadata metadata. metadata.google.internal".split(" "),
  ..."METADATA.GOOGLE.INTERNAL. metadata.goog metadata.azure.internal".split(" "),
  ..."metadata.tencentyun.com metadata.platformequinix.com instance-data".split(" "),
  ..."instance-data.ec2.internal tickwheel.example TickWheel.Example.".split(" "),
  ..."[::] [::1] [0:0:0:0:0:0:0:1] [::0001] [::127.0.0.1] [::10.0.0.1]".split(" "),
  ..."[::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:10.0.0.1] [::ffff:a9fe:a9fe]".split(" "),
  ..."[::ffff:0.0.0.0] [::ffff:192.168.1.1] [::ffff:168.63.129.16]".split(" "),
  ..."[::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe]".split(" "),
  ..."[64:ff9b::10.0.0.1] [64:ff9b:1::1] [64:ff9b:1::8.8.8.8] [2002:7f00:1::]".split(" "),
  ..."[2002:a00:1::1] [2002:808:808::1] [2001::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2]".split(
    " ",
  ),
  ..."[2001:db8::1] [3fff::1] [2001:2::1] [2001:10::1] [2001:20::1] [100::1]".split(" "),
  ..."[100:0:0:1::1] [5f00::1] [fc00::1] [fd00::1] [fd00:ec2::254] [fdff:ffff::1]".split(" "),
  ..."[fe80::1] [febf::1] [fec0::1] [ff02::1] [ff0e::1] [4000::1] [8000::1] [e000::1]".split(" "),
  ..."[::8.8.8.8] [::1.1.1.1] [0:0:0:0:0:ffff:7f00:0001] [::ffff:7f01:203]".split(" "),
] as const;

const FORBIDDEN_FORMS = [
  ..."file:///etc/passwd data:text/plain,x blob:http://a.example/1 ws://a.example/".split(" "),
  ..."wss://a.example/ ftp://a.example/ gopher://a.example:70/_x javascript:alert(1)".split(" "),
  ..."about:blank ldap://a.example dict://a.example:11211/ jar:http://a.example!/x".split(" "),
  ..."http://user@a.example/ http://user:pass@a.example/ http://:pass@a.example/".split(" "),
  ..."http://a.example@127.0.0.1/ http://127.0.0.1@a.example/ http: http:// https://".split(" "),
  ..."http://a.example:0/ http://a.example:22/ http://a.example:25/ http://a.example:6000/".split(
    " ",
  ),
  ..."http://a.example:10080/ https://a.example:6667/ http://a.example:53/".split(" "),
  ..."http://a.example:99999/ http://a.example:x/ http://[::1 http://[::g]/".split(" "),
  "http://[fe80::1%25eth0]/",
  ..."a.example //a.example/x /x ?x http://256.1.1.1/ http://1.2.3.4.5/ http://0x100000000/".split(
    " ",
  ),
  ..."http:\\\\a.example\\x http://a.example\\@127.0.0.1/ http://127.0.0.1\\.a.example/".split(" "),
  "",
  " ",
  " http://a.example/",
  "http://a.example/ ",
  "http://a.example/x y",
  "http://a.exam\tple/",
  "http://a.example/\r\nx: y",
  "ht\ntp://a.example/",
  "http://a.example/\u0000",
  "http://a.example/\u007f",
  `http://a.example/${"x".repeat(EGRESS_URL_LIMITS.charsMax)}`,
] as const;

const FORBIDDEN_URLS = [
  ...FORBIDDEN_HOSTS.flatMap((host) => [
    `http://${host}/`,
    `https://${host}/latest/meta-data?a=b`,
    `HTTP://${host}:8080/x#y`,
  ]),
  ...FORBIDDEN_FORMS,
];

const OPEN_URLS = [
  "http://a.example/",
  "https://a.example",
  "HTTPS://A.EXAMPLE:8443/x/../y?z=1#w",
  "http://a.example./",
  "http://8.8.8.8/",
  "http://1.1.1.1:8080/",
  "http://172.15.255.255/",
  "http://172.32.0.0/",
  "http://100.63.255.255/",
  "http://[2606:4700:4700::1111]/",
  "http://[::ffff:8.8.8.8]/",
  "http://[64:ff9b::808:808]/",
  "http://bücher.example/",
  "http://localhost.example/",
  "http://notlocalhost/",
  "http://a.tickwheel.example/",
] as const;

function judge(url: string, allow: readonly string[] = [], own: readonly string[] = []): boolean {
  return createEgressPolicy({ allow, own }).judge(url).ok;
}

describe("URLs", () => {
  it("none that leads inside or is no plain web address is let through", () => {
    const letThrough = FORBIDDEN_URLS.filter((url) => policy.judge(url).ok);

    expect(FORBIDDEN_URLS.length).toBeGreaterThanOrEqual(300);
    expect(letThrough).toEqual([]);
  });

  it.each(OPEN_URLS)("%s is public", (url) => {
    expect(policy.judge(url)).toMatchObject({ ok: true });
  });

  it("is told in the parts that go on the wire", () => {
    expect(policy.judge("HTTPS://A.example:8443/x/../ä?z=1#w")).toEqual({
      ok: true,
      origin: "https://a.example:8443",
      hostname: "a.example",
      isTls: true,
      port: 8443,
      path: "/%C3%A4?z=1",
    });
    expect(policy.judge("http://[2606:4700::1]/")).toMatchObject({ hostname: "2606:4700::1" });
  });

  it("the verdict on a URL does not depend on the ones asked before", () => {
    const url = fc.constantFrom(...FORBIDDEN_URLS, ...OPEN_URLS);

    fc.assert(
      fc.property(fc.array(url, { maxLength: 20 }), url, (before, asked) => {
        const used = createEgressPolicy({ allow: [], own: ["tickwheel.example"] });
        for (const each of before) used.judge(each);
        expect(used.judge(asked)).toEqual(policy.judge(asked));
      }),
      { numRuns: 50 },
    );
  });
});

describe("allowed networks", () => {
  it("open what they hold, in every spelling, and nothing else", () => {
    expect(judge("http://10.1.2.3/", ["10.0.0.0/8"])).toBe(true);
    expect(judge("http://[::ffff:10.1.2.3]/", ["10.0.0.0/8"])).toBe(true);
    expect(judge("http://0xa010203/", ["10.0.0.0/8"])).toBe(true);
    expect(judge("http://192.168.1.1/", ["10.0.0.0/8"])).toBe(false);
    expect(judge("http://[fd12::1]/", ["fd00::/8"])).toBe(true);
    expect(judge("http://192.168.1.7/", ["192.168.1.7"])).toBe(true);
    expect(judge("http://192.168.1.8/", ["192.168.1.7"])).toBe(false);
  });

  it("loopback opens this machine by address and by name", () => {
    const hosts = ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost."];

    expect(hosts.filter((host) => !judge(`http://${host}:7777/`, ["loopback"]))).toEqual([]);
    expect(judge("http://10.0.0.1/", ["loopback"])).toBe(false);
  });

  it("never open metadata services, this-host addresses or multicast", () => {
    const allow = ["169.0.0.0/8", "168.0.0.0/8", "100.0.0.0/8", "fd00::/8", "224.0.0.0/8"];
    const urls = [
      "http://169.254.169.254/",
      "http://168.63.129.16/",
      "http://100.100.100.200/",
      "http://[fd00:ec2::254]/",
      "http://[64:ff9b::a9fe:a9fe]/",
      "http://224.0.0.1/",
    ];

    expect(urls.filter((url) => judge(url, allow))).toEqual([]);
  });

  it.each(["0.0.0.0/0", "::/0", "10.0.0.0/7", "::ffff:0:0/4", "2000::/3"])(
    "%s is too wide: there is no switch that turns the guard off",
    (entry) => {
      expect(() => createEgressPolicy({ allow: [entry], own: [] })).toThrow(/too wide/);
    },
  );

  it.each(["", "*", "all", "10.0.0.0/33", "10.0.0/8x", "example.com", "10.0.0.0-10.0.0.9"])(
    "%j is no network",
    (entry) => {
      expect(() => createEgressPolicy({ allow: [entry], own: [] })).toThrow(/not a network/);
    },
  );
});

describe("our own hosts", () => {
  it("are refused at the port that is named, or at all of them", () => {
    const own = ["tickwheel.example", "localhost:7777"];

    expect(judge("https://tickwheel.example:4443/", ["loopback"], own)).toBe(false);
    expect(judge("http://localhost:7777/", ["loopback"], own)).toBe(false);
    expect(judge("http://localhost:7778/", ["loopback"], own)).toBe(true);
  });
});

describe("resolved addresses", () => {
  it.each(["fe80::1%eth0", "8.8.8.8%1", "", "a.example", "127.0.0.1 "])("%j is refused", (text) => {
    expect(policy.refusesAddress(text)).not.toBeNull();
  });

  it("are public when they are unicast", () => {
    expect(policy.refusesAddress("8.8.8.8")).toBeNull();
    expect(policy.refusesAddress("2606:4700:4700::1111")).toBeNull();
    expect(policy.refusesAddress("::ffff:8.8.8.8")).toBeNull();
  });
});
