import type { TimeZone } from '@/stores/preferences';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span as people say it: "12 s", "3 min", "2 h", "5 d". */
export function roughSpan(seconds: number): string {
  const rounded = Math.round(Math.abs(seconds));
  if (rounded < MINUTE) return `${rounded} s`;
  if (rounded < HOUR) return `${Math.floor(rounded / MINUTE)} min`;
  if (rounded < 2 * DAY) return `${Math.floor(rounded / HOUR)} h`;
  return `${Math.floor(rounded / DAY)} d`;
}

/** The distance of a time from now, in the past or in the future. */
export function relative(moment: number, now: number): string {
  const seconds = (moment - now) / 1000;
  if (Math.abs(seconds) < 1.5) return 'now';
  return seconds < 0 ? `${roughSpan(seconds)} ago` : `in ${roughSpan(seconds)}`;
}

/** A duration in milliseconds to three digits or so: "84 ms", "5.02 s", "2 min 5 s", "1 h 4 min". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < MINUTE) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** The text of a countdown to a time: "now", "4 s", "2:05", "1:04:30", "12 d". */
export function countdown(until: number, now: number): string {
  const left = Math.ceil((until - now) / 1000);
  if (left <= 0) return 'now';
  if (left < MINUTE) return `${left} s`;
  const two = (value: number) => value.toString().padStart(2, '0');
  if (left < HOUR) return `${Math.floor(left / MINUTE)}:${two(left % MINUTE)}`;
  if (left < 2 * DAY)
    return `${Math.floor(left / HOUR)}:${two(Math.floor((left % HOUR) / MINUTE))}:${two(left % MINUTE)}`;
  return `${Math.floor(left / DAY)} d`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: TimeZone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...options,
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  });
  formats.set(key, made);
  return made;
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const DATE = { year: 'numeric', month: 'short', day: 'numeric' } as const;

/** A moment in full with its zone: "24 Nov 2026, 10:30:00 UTC". */
export function exact(moment: number, zone: TimeZone): string {
  return format(zone, { ...DATE, ...CLOCK, timeZoneName: 'short' }).format(moment);
}

/** Both readings of a moment, for a tooltip. */
export function exactInBoth(moment: number): string {
  const local = exact(moment, 'local');
  const utc = exact(moment, 'utc');
  return local === utc ? utc : `${local} · ${utc}`;
}

/** Time of day to the second. */
export function clockTime(moment: number, zone: TimeZone): string {
  return format(zone, CLOCK).format(moment);
}

/** Time of day to the minute. */
export function minuteTime(moment: number, zone: TimeZone): string {
  return format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(moment);
}

/** A day that the API names in UTC: "Tue, 24 Nov 2026". */
export function dayName(day: string): string {
  return format('utc', { weekday: 'short', ...DATE }).format(Date.parse(`${day}T00:00:00Z`));
}
