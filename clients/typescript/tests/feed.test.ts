/** The feed: it goes on after whatever happens, and every event says where to go on from. */

import { beforeEach, expect, test } from 'vitest';

import {
  AccessError,
  CursorExpiredError,
  isNotificationEvent,
  UnavailableError,
  UnexpectedAnswerError,
} from '../src/index.js';
import { eventBody } from './event-body.js';
import { CUT, first, GARBAGE, LATE, refusal, THROTTLED, useStandIn } from './standin.js';

const use = useStandIn();
const ALL = [0, 1, 2, 3, 4, 5, 6].map((number) => `evt_${number}`);

beforeEach(() => {
  use.standin.events = ALL.map((_, number) => eventBody(number));
});

function ids(events: { id: string }[]): string[] {
  return events.map((each) => each.id);
}

test('events are read from the oldest on', async () => {
  const found = await first(
    use.client().events({ pageSize: 3, types: ['notification.sent', 'endpoint.test'] }),
    7,
  );

  expect(ids(found)).toEqual(ALL);
  const event = found[0];
  if (!event || !isNotificationEvent(event)) throw new Error('This is no event of a notification');
  expect(event.timestamp).toEqual(new Date('2026-01-31T09:30:00Z'));
  expect(event.data.sequence).toBe(4);
  expect(use.standin.calls[0]?.query).toEqual({
    types: 'notification.sent,endpoint.test',
    limit: '3',
    wait: '20',
  });
  expect(use.standin.calls.map((call) => call.query.after)).toEqual([undefined, '3', '6']);
});

test.each([1, 2, 3, 4, 5, 6, 7])(
  'a reader that goes on from the cursor of event %d sees each event once',
  async (handled) => {
    const client = use.client();
    const before = await first(client.events({ pageSize: 3 }), handled);

    const cursor = before.at(-1)?.cursor;
    const options = { pageSize: 3, follow: false, ...(cursor === undefined ? {} : { after: cursor }) };
    const after = await first(client.events(options));

    expect(new Set([...ids(before), ...ids(after)])).toEqual(new Set(ALL));
    expect(before.length + after.length - 7).toBeLessThan(3);
  },
);

test('a reader that does not follow ends where nothing is new', async () => {
  expect(await first(use.client().events({ follow: false }))).toHaveLength(7);
  expect(use.standin.calls.map((call) => call.query.wait)).toEqual(['0', '0']);
});

test('pages tell their cursor even if they are empty', async () => {
  const pages = await first(use.client().events({ after: '5' }).pages(), 2);

  expect(pages.map((page) => [page.events.length, page.cursor])).toEqual([
    [2, '7'],
    [0, '7'],
  ]);
});

test('a server that does not wait is not asked without a pause', async () => {
  await first(use.client().events({ after: '7' }).pages(), 4);

  expect(use.waits).toHaveLength(3);
  expect(use.waits.every((wait) => wait <= 1_000 && wait > 0)).toBe(true);
});

test.each([
  CUT,
  refusal(429, 'RATE_LIMITED', '50'),
  refusal(503, 'UNAVAILABLE'),
  THROTTLED,
  refusal(500, 'INTERNAL'),
])('a reader goes on after failures, however many (%o)', async (fault) => {
  use.standin.faults = Array<typeof fault>(10).fill(fault);

  const found = await first(use.client().events({ after: '5' }), 2);

  expect(ids(found)).toEqual(['evt_5', 'evt_6']);
  expect(use.standin.calls.map((call) => call.query.after)).toEqual(Array(11).fill('5'));
});

test('a reader goes on after answers that are too late', async () => {
  use.standin.faults = [LATE];

  expect(ids(await first(use.client().events({ follow: false, after: '6' })))).toEqual(['evt_6']);
});

test('a reader with little patience gives up', async () => {
  use.standin.faults = Array<ReturnType<typeof refusal>>(10).fill(refusal(503, 'UNAVAILABLE', '25'));

  await expect(first(use.client().events({ patienceMs: 60_000 }))).rejects.toThrow(UnavailableError);

  expect(use.waits).toEqual([25_000, 25_000]);
});

test('an expired cursor is thrown with the oldest', async () => {
  use.standin.faults = [refusal(410, 'CURSOR_EXPIRED', undefined, { after: '41' })];

  const error: unknown = await first(use.client().events({ after: '1' })).catch((each: unknown) => each);

  expect(error).toBeInstanceOf(CursorExpiredError);
  expect((error as CursorExpiredError).oldest).toBe('41');
});

test.each([
  [refusal(401, 'UNAUTHORIZED'), AccessError],
  [GARBAGE, UnexpectedAnswerError],
])('what waiting does not help against is thrown (%o)', async (fault, kind) => {
  use.standin.faults = [fault];

  await expect(first(use.client().events())).rejects.toThrow(kind);
});

test.each([{ id: 1 }, { ...eventBody(1), timestamp: 'yesterday' }, 'evt_1'])(
  'what is no event is thrown',
  async (body) => {
    use.standin.events = [body];

    await expect(first(use.client().events())).rejects.toThrow(UnexpectedAnswerError);
  },
);

test('an event of another kind is given as it is', async () => {
  const data = { endpointId: 'ep_1' };
  use.standin.events = [{ ...eventBody(1), type: 'endpoint.disabled', data }];

  const [event] = await first(use.client().events(), 1);

  expect(event).toMatchObject({ type: 'endpoint.disabled', data });
  expect(event && isNotificationEvent(event)).toBe(false);
});

test('a signal ends a reader that waits', async () => {
  use.standin.faults = [LATE];
  const events = use.client({ timeoutMs: 20_000 }).events({ signal: AbortSignal.timeout(100) });

  await expect(first(events)).rejects.toThrow('timeout');
});
