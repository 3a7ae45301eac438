import { Refusal, type RefusalData } from "../../src/core/refusal.ts";

/** What an act was refused with; an act that is not refused fails the test. */
export function refusal(act: () => unknown): RefusalData {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.data;
    throw error;
  }
  throw new Error("nothing was refused");
}
