/** What the API asks of the shards' due tables. */
export interface UpcomingCommands {
  /**
   * The jobs of a namespace that fire next, in the order of their ticks. Only the first entries of the due table
   * are looked at, whosever they are.
   */
  "due.upcoming": {
    readonly input: {
      readonly namespace: string;
      /** Only jobs that name one of these executors; null is every job. */
      readonly executors: readonly string[] | null;
      readonly limit: number;
    };
    readonly output: {
      readonly jobs: readonly UpcomingFire[];
      /** There are entries that were not looked at, and fewer jobs than were asked for. */
      readonly isCut: boolean;
    };
  };
}

/** When a job fires next. */
export interface UpcomingFire {
  /** The job's id and its name. */
  readonly id: string;
  readonly name: string;
  /** The nominal time. */
  readonly tickMs: number;
  /** That of the schedule; UTC where it has none. */
  readonly timezone: string;
}
