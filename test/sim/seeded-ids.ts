import type { Ids } from "../../src/ports/random.ts";
import type { Dice } from "../support/prng.ts";

/** Identities in the layout of UUID version 7, drawn from a seed. */
export function seededIds(dice: Dice): Ids {
  const hex = (digits: number): string =>
    dice
      .int(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, "0");
  return {
    next: (nowMs) => {
      const time = nowMs.toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
    },
  };
}
