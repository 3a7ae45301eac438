import type { ApiDeps } from "./api-deps.ts";
import { LoginDevices } from "./login-device.ts";
import { NamespaceChoice } from "./namespace-choice.ts";
import { OwnCookie } from "./session-cookie.ts";
import { SessionStore } from "./session-store.ts";
import { SetupDoor } from "./setup-door.ts";

/** What the guard and the routes of people share: one of each for the life of the API. */
export interface LoginParts {
  readonly sessions: SessionStore;
  readonly devices: LoginDevices;
  readonly setup: SetupDoor;
  readonly namespaces: NamespaceChoice;
  readonly sessionCookie: OwnCookie;
  readonly deviceCookie: OwnCookie;
}

export function createLoginParts(deps: ApiDeps): LoginParts {
  const publicOrigin = (): string => deps.live.origin;
  return {
    sessions: new SessionStore(deps),
    devices: new LoginDevices(deps),
    setup: new SetupDoor(deps),
    namespaces: new NamespaceChoice(deps),
    sessionCookie: new OwnCookie("tw_session", publicOrigin),
    deviceCookie: new OwnCookie("tw_device", publicOrigin),
  };
}
