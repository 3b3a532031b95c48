import { describe, expect, it, vi } from 'vitest';
import { UnreachableError } from '@/api/errors';
import type { DeadLetterGroup } from '@/api/types';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { aNotification } from '@/testing/notifications';
import { replay, type Progress, type Target } from './replay';

const idOf = (number: number) => number.toString(16).padStart(24, '0');
const idsOf = (count: number) => Array.from({ length: count }, (_, number) => idOf(number));
const replayed = ({ body }: Call) => {
  const { ids, dryRun } = body as { ids: string[]; dryRun: boolean };
  const result = dryRun ? 'would_replay' : 'replayed';
  return ok({ dryRun, replayed: ids.length, more: false, results: ids.map((id) => ({ id, result })) });
};
const posts = (calls: Call[]) => calls.filter((call) => call.method === 'POST');
const key = (call: Call | undefined) => call?.headers.get('Idempotency-Key');

async function run(target: Target, changes: { dryRun?: boolean; reason?: string; abortAfter?: number } = {}) {
  const progress: Progress[] = [];
  const controller = new AbortController();
  await replay(target, {
    dryRun: false,
    reason: '',
    ...changes,
    signal: controller.signal,
    onProgress: (reached) => {
      progress.push(reached);
      if (progress.length === changes.abortAfter) controller.abort();
    },
  });
  return progress;
}

describe('a replay', () => {
  it('of a selection goes in batches, each under a key of its own, with its reason', async () => {
    const calls = fakeApi({ 'POST /api/dlq/replay': replayed });

    const progress = await run({ kind: 'ids', ids: idsOf(250), count: 250 }, { reason: 'It is back' });

    expect(posts(calls).map((call) => (call.body as { ids: string[] }).ids.length)).toEqual([100, 100, 50]);
    expect(new Set(posts(calls).map(key)).size).toBe(3);
    expect(calls[0]?.body).toMatchObject({ reason: 'It is back', dryRun: false });
    expect(progress.map((each) => each.results.length)).toEqual([100, 200, 250]);
  });

  it('of a group walks through its pages', async () => {
    const group: DeadLetterGroup = {
      day: '2026-11-24',
      cause: 'retries_exhausted',
      provider: 'ses',
      count: 3,
    };
    const pages: Record<string, unknown> = {
      '': {
        notifications: [aNotification({ _id: idOf(1) }), aNotification({ _id: idOf(2) })],
        nextCursor: 'next',
      },
      next: { notifications: [aNotification({ _id: idOf(3) })], nextCursor: null },
    };
    const calls = fakeApi({
      'GET /api/dlq/notifications': ({ path }) =>
        ok(pages[new URL(path, 'http://localhost').searchParams.get('cursor') ?? '']),
      'POST /api/dlq/replay': replayed,
    });

    const progress = await run({ kind: 'group', group, count: 3 });

    const asked = new URL(calls[0]?.path ?? '', 'http://localhost').searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      cause: 'retries_exhausted',
      provider: 'ses',
      day: '2026-11-24',
    });
    expect(progress.at(-1)?.results.map((each) => each.id)).toEqual([idOf(1), idOf(2), idOf(3)]);
  });

  it('of a group that no provider was asked for leaves the others alone', async () => {
    const group: DeadLetterGroup = {
      day: '2026-11-24',
      cause: 'provider_unavailable',
      provider: null,
      count: 1,
    };
    fakeApi({
      'GET /api/dlq/notifications': () =>
        ok({
          notifications: [aNotification({ _id: idOf(1) }), aNotification({ _id: idOf(2), provider: 'ses' })],
          nextCursor: null,
        }),
      'POST /api/dlq/replay': replayed,
    });

    const progress = await run({ kind: 'group', group, count: 1 });

    expect(progress.at(-1)?.results.map((each) => each.id)).toEqual([idOf(1)]);
  });

  it('waits when live traffic goes first, and repeats the batch under its key', async () => {
    const calls = fakeApi({
      'POST /api/dlq/replay': (call, nth) =>
        nth === 1 ? refused(429, 'OVERLOADED', [], { 'Retry-After': '1' }) : replayed(call),
    });

    const progress = await run({ kind: 'ids', ids: idsOf(1), count: 1 });

    expect(progress[0]?.waitsUntil).toBeGreaterThan(Date.now() - 5000);
    expect(progress.at(-1)).toMatchObject({ results: [{ result: 'replayed' }], waitsUntil: null });
    expect(key(posts(calls)[0])).toBe(key(posts(calls)[1]));
  });

  it('waits for the listing too, and repeats a batch that got no answer under its key', async () => {
    vi.useFakeTimers();
    const calls = fakeApi({
      'GET /api/dlq/notifications': (_, nth) =>
        nth === 1
          ? refused(429, 'RATE_LIMITED', [], { 'Retry-After': '2' })
          : ok({ notifications: [aNotification({ _id: idOf(1) })], nextCursor: null }),
      'POST /api/dlq/replay': (call, nth) => {
        if (nth <= 2) throw new TypeError('fetch failed');
        return replayed(call);
      },
    });

    const running = run({ kind: 'all', count: 1 });
    await vi.advanceTimersByTimeAsync(20_000);
    const progress = await running;

    expect(progress.at(-1)?.results).toEqual([{ id: idOf(1), result: 'replayed' }]);
    expect(new Set(posts(calls).map(key)).size).toBe(1);
    vi.useRealTimers();
  });

  it('gives up on an API that does not come back', async () => {
    vi.useFakeTimers();
    fakeApi({});

    const running = expect(run({ kind: 'ids', ids: idsOf(1), count: 1 })).rejects.toThrow(UnreachableError);
    await vi.advanceTimersByTimeAsync(60_000);

    await running;
    vi.useRealTimers();
  });

  it('only says what it would do in a dry run', async () => {
    const calls = fakeApi({ 'POST /api/dlq/replay': replayed });

    const progress = await run({ kind: 'ids', ids: idsOf(2), count: 2 }, { dryRun: true });

    expect(calls[0]?.body).toMatchObject({ dryRun: true });
    expect(progress.at(-1)?.results[0]?.result).toBe('would_replay');
  });

  it('stops between batches when it is told to', async () => {
    const calls = fakeApi({ 'POST /api/dlq/replay': replayed });

    await expect(run({ kind: 'ids', ids: idsOf(250), count: 250 }, { abortAfter: 1 })).rejects.toThrow();

    expect(posts(calls)).toHaveLength(1);
  });

  it('ends with what the API refuses', async () => {
    fakeApi({ 'POST /api/dlq/replay': () => refused(403, 'FORBIDDEN') });

    await expect(run({ kind: 'ids', ids: idsOf(1), count: 1 })).rejects.toMatchObject({ status: 403 });
  });
});
