import type { Minute } from '@/api/types';

const MINUTE_MS = 60_000;
const SHOWN = 60;

export interface ChartRow {
  /** Its beginning, in milliseconds since 1970. */
  minute: number;
  sent: number;
  retried: number;
  failed: number;
}

/** Outcomes in the order in which they are stacked. */
export const OUTCOMES_SHOWN = [
  { name: 'sent', label: 'Sent', color: 'var(--chart-sent)', dot: 'bg-(--chart-sent)' },
  { name: 'retried', label: 'Retried', color: 'var(--chart-retried)', dot: 'bg-(--chart-retried)' },
  { name: 'failed', label: 'Failed', color: 'var(--chart-failed)', dot: 'bg-(--chart-failed)' },
] as const;

/** The last sixty minutes up to `now`, those without events as zeros: the API leaves them out. */
export function lastHour(minutes: readonly Minute[], now: number): ChartRow[] {
  const known = new Map(minutes.map((each) => [Date.parse(each.minute), each]));
  const current = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: SHOWN }, (_, index) => {
    const minute = current - (SHOWN - 1 - index) * MINUTE_MS;
    const { sent = 0, retried = 0, failed = 0 } = known.get(minute) ?? {};
    return { minute, sent, retried, failed };
  });
}
