/** A mistake that someone could make in the code under test, as a change of its text. */
export interface PlantedBug {
  readonly name: string;
  /** Within `src`. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** What the verdict begins with: one of the laws that this mistake breaks. */
  readonly laws: readonly string[];
}
