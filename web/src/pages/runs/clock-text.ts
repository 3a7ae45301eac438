const formats = new Map<string, Intl.DateTimeFormat>();

/** A clock time with tenths of a second. A log asks for many: the formats are made once, one for each zone. */
export function clockText(at: string | number, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 1,
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format.format(new Date(at));
}
