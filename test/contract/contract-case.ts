/**
 * One claim of a contract, tied to no test framework: the same cases run under Vitest on Node and
 * as a plain script on Bun and Deno. `run` throws when the claim does not hold.
 */
export interface ContractCase<Subject> {
  readonly name: string;
  run(subject: Subject): Promise<void>;
}
