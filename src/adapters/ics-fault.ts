/** A fault of one line of an iCalendar text; `icsDates` makes it a refusal that names the line. */
export class IcsFault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.name = "IcsFault";
    this.line = line;
  }
}
