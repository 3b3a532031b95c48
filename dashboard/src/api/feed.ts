/**
 * Reads the feed of events as a signal: what events tell of is fetched anew when there are some. There is one reader a
 * tab, and only while a live view is seen, since reading has a tenant's events written for two weeks.
 */

import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { useSession } from '@/stores/session';
import { api } from './client';
import { ApiError, isErrorEnvelope, UnreachableError, waitAfter } from './errors';

/** True while events tell of every change; live views need not ask then. */
export const useFeed = create<{ follows: boolean }>(() => ({ follows: false }));

const SECOND = 1000;
const WAIT_SECONDS = 20;
/** Longer than the wait by as much as any answer may take. */
const TIMEOUT_MS = (WAIT_SECONDS + 15) * SECOND;
/** Events are written from five seconds after the first reading on. */
export const WRITTEN_AFTER_MS = 5_500;
/** The time between two readings that find something: shorter for the first few, and within a key's rate limit. */
const QUICK_MS = SECOND;
const QUICK_READINGS = 4;
const STEADY_MS = 3 * SECOND;
const AFTER_REFUSAL_SECONDS = 60;
const AFTER_OUTAGE_SECONDS = 5;

/** How many views are seen, by the client that keeps their data. */
const views = new Map<QueryClient, number>();
let reading: AbortController | null = null;
/** Where to go on; null before the first reading with the present key. */
let cursor: string | null = null;

/** Follows the feed for a view until the returned function is called. */
export function follow(queries: QueryClient): () => void {
  views.set(queries, (views.get(queries) ?? 0) + 1);
  startOrStop();
  return () => {
    const left = (views.get(queries) ?? 0) - 1;
    if (left > 0) views.set(queries, left);
    else views.delete(queries);
    startOrStop();
  };
}

document.addEventListener('visibilitychange', startOrStop);
useSession.subscribe(({ apiKey }, before) => {
  if (apiKey === before.apiKey) return;
  stop();
  cursor = null;
  startOrStop();
});

function startOrStop(): void {
  const isSeen = views.size > 0 && document.visibilityState === 'visible';
  if (!isSeen) stop();
  else if (reading === null) {
    reading = new AbortController();
    void read(reading.signal);
  }
}

function stop(): void {
  reading?.abort();
  reading = null;
  useFeed.setState({ follows: false });
}

/** Reads until it is stopped, or refused for good. While it cannot, views ask as often as without a feed. */
async function read(signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const error = await readOn(signal).catch((reason: unknown) => reason);
      signal.throwIfAborted();
      useFeed.setState({ follows: false });
      if (error instanceof ApiError && error.status === 410) cursor = null;
      else if (error instanceof ApiError && !error.isTemporary) return;
      else await pause(secondsAfter(error) * SECOND, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function secondsAfter(error: unknown): number {
  return error instanceof ApiError
    ? Math.max(waitAfter(error) ?? 0, AFTER_REFUSAL_SECONDS)
    : AFTER_OUTAGE_SECONDS;
}

/** Reads page after page. Ends by an error alone. */
async function readOn(signal: AbortSignal): Promise<never> {
  if (cursor === null) {
    const first = await page('latest', 0, signal);
    await pause(WRITTEN_AFTER_MS, signal);
    cursor = first.nextCursor;
  }
  useFeed.setState({ follows: true });
  await fetchAnew();
  for (let found = 0; ;) {
    const started = Date.now();
    const { events, nextCursor } = await page(cursor, WAIT_SECONDS, signal);
    cursor = nextCursor;
    found = events.length > 0 ? found + 1 : 0;
    if (found === 0 && Date.now() - started < (WAIT_SECONDS / 2) * SECOND) {
      throw new UnreachableError('The API is too busy to wait');
    }
    await fetchAnew();
    if (found > 0) {
      const apart = found > QUICK_READINGS ? STEADY_MS : QUICK_MS;
      await pause(apart - (Date.now() - started), signal);
    }
  }
}

async function page(after: string, wait: number, signal: AbortSignal) {
  const { data, error, response } = await api.GET('/api/events', {
    params: { query: { after, wait, limit: 500 } },
    signal,
    fetch: (request) =>
      globalThis.fetch(request, {
        signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      }),
  });
  signal.throwIfAborted();
  if (data !== undefined) return data.data;
  throw isErrorEnvelope(error) ? new ApiError(response, error) : new UnreachableError(error);
}

/** Fetches what is shown and followed. The next reading waits for it, so that a slow API is not asked ever more. */
async function fetchAnew(): Promise<void> {
  await Promise.all(
    [...views.keys()].map((queries) =>
      queries.refetchQueries({
        type: 'active',
        predicate: ({ meta, state }) => isFollowed(meta, state.error),
      }),
    ),
  );
}

function isFollowed(meta: Record<string, unknown> | undefined, error: unknown): boolean {
  const isRefused = error instanceof ApiError && !error.isTemporary;
  return meta?.followed === true && !isRefused;
}

/** Waits. Throws if it is stopped meanwhile. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
  signal.throwIfAborted();
}
