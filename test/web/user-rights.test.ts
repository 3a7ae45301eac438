import { expect, test } from "vitest";
import type { MeJson, UserJson } from "../../src/api/people-json.ts";
import { rightsOver, rolesToGive } from "../../web/src/pages/settings/user-rights.ts";

const NAMESPACE = "default";

function me(more: Partial<MeJson>): MeJson {
  return {
    kind: "user",
    id: "usr_me",
    name: "grace",
    namespace: NAMESPACE,
    role: "admin",
    executors: null,
    isInstanceAdmin: false,
    mustChangePassword: false,
    memberships: [],
    ...more,
  };
}

function user(memberships: UserJson["memberships"], isInstanceAdmin = false): UserJson {
  const at = "2027-01-01T00:00:00.000Z";
  return {
    id: "usr_other",
    username: "alan",
    state: "active",
    isInstanceAdmin,
    mustChangePassword: false,
    memberships,
    version: 1,
    createdAt: at,
    updatedAt: at,
    lastLoginAt: null,
  };
}

const editor = { namespace: NAMESPACE, role: "editor", executors: null } as const;
const owner = { namespace: NAMESPACE, role: "owner", executors: null } as const;
const ALL = { isMemberMine: true, isAccountMine: true, isRemovable: true };
const NONE = { isMemberMine: false, isAccountMine: false, isRemovable: false };

test("an admin handles those below, and gives no role above the own", () => {
  expect(rightsOver(me({}), user([editor]))).toEqual(ALL);
  expect(rolesToGive(me({}))).toEqual(["viewer", "operator", "editor", "admin"]);
});

test("only an owner touches an owner", () => {
  expect(rightsOver(me({}), user([owner]))).toEqual(NONE);
  expect(rightsOver(me({ role: "owner" }), user([owner]))).toEqual(ALL);
});

test("who is limited to executors touches nobody who may handle others", () => {
  const limited = me({ executors: ["orders"] });

  expect(rightsOver(limited, user([editor]))).toEqual(NONE);
  expect(rightsOver(limited, user([{ ...editor, executors: ["orders"] }]))).toEqual(ALL);
  expect(rightsOver(limited, user([{ ...editor, executors: ["billing"] }]))).toEqual(NONE);
});

test("an account that belongs to more than the namespace is for administrators of the instance", () => {
  const shared = user([editor, { ...editor, namespace: "payments" }]);
  const isInstanceAdmin = true;

  expect(rightsOver(me({}), shared)).toEqual({ ...ALL, isAccountMine: false });
  expect(rightsOver(me({}), user([editor], isInstanceAdmin)).isAccountMine).toBe(false);
  expect(rightsOver(me({ role: "owner", isInstanceAdmin }), shared)).toEqual(ALL);
});

test("a user of another namespace has neither role nor place here to change or to remove", () => {
  const foreign = user([{ ...editor, namespace: "payments" }]);
  const administrator = me({ role: "owner", isInstanceAdmin: true });

  expect(rightsOver(administrator, foreign)).toEqual({ ...NONE, isAccountMine: true });
});
