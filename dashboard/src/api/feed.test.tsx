import { QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useSession } from '@/stores/session';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { aNotification } from '@/testing/notifications';
import { useFeed, WRITTEN_AFTER_MS } from './feed';
import { notificationsQuery } from './queries';
import { newQueryClient } from './query-client';
import type { Status } from './types';
import { useLive } from './use-live';

const EVENT = { id: 'evt_1', type: 'notification.sent', timestamp: '', data: {}, cursor: '8' };
const LIST = '/api/notifications';
const FEED = '/api/events';

/** Stands in for a feed: the first reading is answered at once, the others when the test says so. */
class Feed {
  readonly waiting: ((answer: Response) => void)[] = [];
  readonly first = () => ok({ events: [], nextCursor: '7' });

  answer = (call: Call) =>
    call.path.includes('after=latest')
      ? this.first()
      : new Promise<Response>((resolve) => {
          this.waiting.push(resolve);
        });

  async tell(answer: Response) {
    const waiting = this.waiting.shift();
    if (waiting === undefined) throw new Error('Nobody waits');
    waiting(answer);
    await pass(0);
  }
}

function List({ limit = 20, status }: { limit?: number; status?: Status }) {
  const { data } = useLive(notificationsQuery({ limit, status }));
  return <p>{data?.notifications[0]?.status}</p>;
}

const shown = (children: ReactNode) =>
  render(<QueryClientProvider client={newQueryClient()}>{children}</QueryClientProvider>);

const pass = (milliseconds: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(milliseconds);
  });

const asked = (calls: Call[], path: string) =>
  calls.filter((call) => call.path.startsWith(path)).map((call) => call.path);

const list = (status: 'SENT' | 'QUEUED' | 'DELIVERED' = 'SENT') =>
  ok({
    notifications: [aNotification({ status })],
    pagination: { page: 1, limit: 20, totalItems: 1, totalPages: 1, nextCursor: null },
  });

let keys = 0;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  keys += 1;
  useSession.getState().setApiKey(`key-${String(keys)}`); // another one's feed is read from its beginning
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function following(feed = new Feed(), status: 'SENT' | 'QUEUED' = 'SENT') {
  const calls = fakeApi({ [`GET ${LIST}`]: () => list(status), [`GET ${FEED}`]: feed.answer });
  const page = shown(<List />);
  await pass(WRITTEN_AFTER_MS);
  await pass(0);
  expect(useFeed.getState().follows).toBe(true);
  const before = asked(calls, LIST).length;
  return { feed, calls, page, before };
}

it('asks for nothing while no event comes, and at once when one does', async () => {
  const { feed, calls, before } = await following();
  await pass(19_000);
  expect(asked(calls, LIST)).toHaveLength(before);

  await feed.tell(ok({ events: [EVENT], nextCursor: '8' }));

  expect(asked(calls, LIST)).toHaveLength(before + 1);
  await pass(1000);
  expect(asked(calls, FEED)).toEqual([
    '/api/events?after=latest&wait=0&limit=500',
    '/api/events?after=7&wait=20&limit=500',
    '/api/events?after=8&wait=20&limit=500',
  ]);
});

it('asks as before until every change has an event', async () => {
  const calls = fakeApi({ [`GET ${LIST}`]: () => list(), [`GET ${FEED}`]: new Feed().answer });
  shown(<List />);

  await pass(5000);
  expect(useFeed.getState().follows).toBe(false);
  expect(asked(calls, LIST)).toHaveLength(2);
});

it('does not ask again for what was refused', async () => {
  const feed = new Feed();
  const calls = fakeApi({ [`GET ${LIST}`]: () => refused(403, 'FORBIDDEN'), [`GET ${FEED}`]: feed.answer });
  shown(<List />);
  await pass(WRITTEN_AFTER_MS);

  await feed.tell(ok({ events: [EVENT], nextCursor: '8' }));

  expect(asked(calls, LIST)).toHaveLength(1);
});

it('goes on asking for what may change without an event', async () => {
  const { calls, before } = await following(new Feed(), 'QUEUED');

  await pass(10_000);

  expect(asked(calls, LIST).length).toBeGreaterThanOrEqual(before + 2);
});

it('goes on asking for a list that fills without events', async () => {
  const calls = fakeApi({ [`GET ${LIST}`]: () => list('DELIVERED'), [`GET ${FEED}`]: new Feed().answer });
  shown(<List status="PENDING" />);

  await pass(WRITTEN_AFTER_MS + 10_000);

  expect(useFeed.getState().follows).toBe(true);
  expect(asked(calls, LIST).length).toBeGreaterThanOrEqual(4);
});

it('asks less often while events come all the time', async () => {
  const { feed, calls } = await following();
  for (let count = 0; count < 10; count += 1) {
    await feed.tell(ok({ events: [EVENT], nextCursor: '8' }));
    await pass(1000);
    if (feed.waiting.length === 0) await pass(2000);
  }

  expect(asked(calls, FEED).length).toBeLessThanOrEqual(12);
  expect(Date.now() - 1_000_000).toBeGreaterThan(20_000);
});

it('asks as before where the feed is refused, and does not ask for it again', async () => {
  const calls = fakeApi({ [`GET ${LIST}`]: () => list(), [`GET ${FEED}`]: () => refused(403, 'FORBIDDEN') });
  shown(<List />);
  await pass(0);

  await pass(60_000);

  expect(asked(calls, FEED)).toHaveLength(1);
  expect(asked(calls, LIST)).toHaveLength(13);
});

it.each([429, 503])('asks as before after a %i, and follows again a minute later', async (status) => {
  const { feed, calls, before } = await following();
  await feed.tell(refused(status, 'BUSY'));

  expect(useFeed.getState().follows).toBe(false);
  await pass(50_000);
  expect(asked(calls, LIST).length).toBeGreaterThanOrEqual(before + 9);
  await pass(10_000);
  expect(useFeed.getState().follows).toBe(true);
});

it('begins anew after a gap', async () => {
  const { feed, calls } = await following();

  await feed.tell(refused(410, 'CURSOR_EXPIRED', [{ field: 'after', message: '7' }]));
  expect(useFeed.getState().follows).toBe(false);
  await pass(WRITTEN_AFTER_MS);

  expect(useFeed.getState().follows).toBe(true);
  expect(asked(calls, FEED).filter((path) => path.includes('after=latest'))).toHaveLength(2);
});

it('does not read while the tab is hidden, and goes on where it was', async () => {
  const { feed, calls, before } = await following();
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  expect(useFeed.getState().follows).toBe(false);
  await feed.tell(ok({ events: [EVENT], nextCursor: '8' })); // to a reader that has gone
  await pass(60_000);
  expect(asked(calls, FEED)).toHaveLength(2);

  visibility.mockReturnValue('visible');
  document.dispatchEvent(new Event('visibilitychange'));
  await pass(0);

  expect(asked(calls, FEED).at(-1)).toContain('after=7&wait=20');
  expect(asked(calls, LIST).length).toBeGreaterThan(before);
});

it('has one reader for all views, and none without', async () => {
  const feed = new Feed();
  const calls = fakeApi({ [`GET ${LIST}`]: () => list(), [`GET ${FEED}`]: feed.answer });
  const page = shown(
    <>
      <List />
      <List limit={8} />
    </>,
  );
  await pass(WRITTEN_AFTER_MS);
  await feed.tell(ok({ events: [EVENT], nextCursor: '8' }));
  await pass(1000);
  expect(asked(calls, FEED)).toHaveLength(3);

  page.unmount();
  await pass(60_000);

  expect(asked(calls, FEED)).toHaveLength(3);
  expect(useFeed.getState().follows).toBe(false);
});
