import type { Channel, Priority, Status } from '@/api/types';
import type { NotificationFilter } from '@/api/queries';
import { CHANNELS, namesOf, PRIORITIES, STATUSES } from '@/lib/vocabulary';

export const PAGE_SIZES = [20, 50, 100] as const;

/** Periods that a view can be limited to; they move with the time, so a shared link stays right. */
export const PERIODS = {
  '15m': { label: 'Last 15 minutes', minutes: 15 },
  '1h': { label: 'Last hour', minutes: 60 },
  '24h': { label: 'Last 24 hours', minutes: 24 * 60 },
  '7d': { label: 'Last 7 days', minutes: 7 * 24 * 60 },
} as const;
export type Period = keyof typeof PERIODS;

/** The filter in the address. Unknown values are ignored. */
export interface View {
  status: Status | undefined;
  type: Channel | undefined;
  priority: Priority | undefined;
  recipient: string | undefined;
  period: Period | undefined;
  /** Moments of RFC 3339, for a period that stands still. */
  since: string | undefined;
  until: string | undefined;
  cursor: string | undefined;
  limit: number;
}

function known<T extends string>(value: string | null, names: readonly T[]): T | undefined {
  return names.find((name) => name === value);
}

function moment(value: string | null): string | undefined {
  const time = value === null ? NaN : Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

export function viewOf(parameters: URLSearchParams): View {
  const size = Number(parameters.get('limit'));
  return {
    status: known(parameters.get('status'), namesOf(STATUSES)),
    type: known(parameters.get('type'), namesOf(CHANNELS)),
    priority: known(parameters.get('priority'), namesOf(PRIORITIES)),
    recipient: parameters.get('recipient') ?? undefined,
    period: known(parameters.get('period'), namesOf(PERIODS)),
    since: moment(parameters.get('since')),
    until: moment(parameters.get('until')),
    cursor: parameters.get('cursor') ?? undefined,
    limit: PAGE_SIZES.find((each) => each === size) ?? PAGE_SIZES[0],
  };
}

const MINUTE_MS = 60_000;

/** The parameters of the API call. A moving period begins at a whole minute, so that the view stays the same within it. */
export function filterOf({ period, ...view }: View, now: number): NotificationFilter {
  if (period === undefined) return view;
  const began = Math.floor(now / MINUTE_MS) * MINUTE_MS - PERIODS[period].minutes * MINUTE_MS;
  return { ...view, since: new Date(began).toISOString(), until: undefined };
}

export function isFiltered(view: View): boolean {
  return [view.status, view.type, view.priority, view.recipient, view.period, view.since, view.until].some(
    (each) => each !== undefined,
  );
}

const ID = /^[0-9a-f]{24}$/;

/** The id in a text that is one, or that is the address of a status page. */
export function idIn(text: string): string | null {
  const last = text.trim().toLowerCase().split('/').at(-1) ?? '';
  return ID.test(last) ? last : null;
}
