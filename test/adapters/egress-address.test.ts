import { describe, expect, it } from "vitest";
import { networkRules } from "../../src/adapters/egress-address.ts";

describe("the rules for a network layer", () => {
  it("open what the operator opened, as networks", () => {
    expect(networkRules(["loopback", "10.0.0.0/8", "192.168.1.7", "fd12::/16"]).opened).toEqual([
      "127.0.0.0/8",
      "::1/128",
      "10.0.0.0/8",
      "192.168.1.7/32",
      "fd12::/16",
    ]);
    expect(networkRules([]).opened).toEqual([]);
  });

  it("never open what stays closed, however narrow the entry", () => {
    const { opened, closed } = networkRules(["169.254.169.254", "169.254.0.0/16", "fd00:ec2::254"]);

    expect(opened).toEqual([]);
    expect(closed).toEqual(
      expect.arrayContaining(["169.254.0.0/16", "fd00:ec2::/32", "64:ff9b::/96"]),
    );
  });

  it("refuse an entry that is no network", () => {
    expect(() => networkRules(["home"])).toThrow('EGRESS_ALLOW: "home" is not a network');
  });
});
