/** A moment as a `datetime-local` input wants it: local time without a zone, to the minute. */
export function toLocalInput(moment: number): string {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The value of a `datetime-local` input as a time of RFC 3339; an empty text if it has none. */
export function fromLocalInput(text: string): string {
  const moment = Date.parse(text); // without a zone it is local time (ECMA-262, Date Time String Format)
  return Number.isNaN(moment) ? '' : new Date(moment).toISOString();
}
