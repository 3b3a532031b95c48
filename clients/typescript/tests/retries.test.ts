/** Calls are repeated where that is safe, with their keys, and nothing is created twice. */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

import {
  ConnectionFailedError,
  NoAnswerError,
  RateLimitedError,
  TimedOutError,
  UnavailableError,
  UnexpectedAnswerError,
  WaveComError,
} from '../src/index.js';
import type { WaveCom } from '../src/index.js';
import { CUT, CUT_BEFORE, EMAIL, GARBAGE, LATE, NONE, refusal, useStandIn } from './standin.js';

const use = useStandIn();

test('a create that is answered too late is repeated with its key and stored once', async () => {
  use.standin.faults = [LATE, LATE];

  const created = await use.client().notifications.create(EMAIL);

  expect(use.standin.stored).toHaveLength(1);
  expect(created.id).toBe(use.standin.stored[0]?._id);
  expect(created.replayed).toBe(true);
  expect(use.standin.keys.length).toBeGreaterThan(2);
  expect(new Set(use.standin.keys)).toEqual(new Set([created.idempotencyKey]));
});

test.each([CUT, CUT_BEFORE])('a create whose connection breaks is stored once (%o)', async (fault) => {
  use.standin.faults = [fault];

  await use.client().notifications.create(EMAIL);

  expect(use.standin.stored).toHaveLength(1);
  expect(new Set(use.standin.keys).size).toBe(1);
});

test('every create has a key of its own, and a given one is kept', async () => {
  const client = use.client();
  await client.notifications.create(EMAIL);
  await client.notifications.create(EMAIL);
  await client.notifications.create(EMAIL, { idempotencyKey: 'order-4711' });
  await client.deadLetters.replay({ all: true });

  expect(new Set(use.standin.keys).size).toBe(4);
  expect(use.standin.keys[2]).toBe('order-4711');
  expect(use.standin.keys).not.toContain(undefined);
});

test.each([429, 503])('an answer that says when to come back is obeyed (%d)', async (status) => {
  use.standin.faults = [refusal(status, 'LATER', '7')];

  await use.client().notifications.create(EMAIL);

  expect(use.waits).toEqual([7_000]);
  expect(use.standin.stored).toHaveLength(1);
});

test('delays grow and are bounded', async () => {
  use.standin.faults = Array<ReturnType<typeof refusal>>(6).fill(refusal(503, 'UNAVAILABLE'));
  const client = use.client({ retries: { attempts: 6, backoffMs: 1_000, backoffMaxMs: 4_000 } });

  await expect(client.notifications.create(EMAIL)).rejects.toThrow(UnavailableError);

  const longest = [1_000, 2_000, 4_000, 4_000, 4_000];
  expect(use.waits).toHaveLength(longest.length);
  longest.forEach((most, index) => {
    expect(use.waits[index]).toBeLessThanOrEqual(most);
    expect(use.waits[index]).toBeGreaterThanOrEqual(most / 2);
  });
});

test('a wait that is too long is left to the caller', async () => {
  use.standin.faults = [refusal(429, 'RATE_LIMITED', '61')];

  const error = await use
    .client()
    .notifications.create(EMAIL)
    .catch((each: unknown) => each);

  expect(error).toBeInstanceOf(RateLimitedError);
  expect(error).toMatchObject({ retryAfterMs: 61_000, idempotencyKey: use.standin.keys[0] });
  expect(use.waits).toEqual([]);
});

test('the deadline bounds a call with all its attempts', async () => {
  use.standin.faults = Array<ReturnType<typeof refusal>>(9).fill(refusal(503, 'UNAVAILABLE', '40'));
  const client = use.client({ retries: { attempts: 9, deadlineMs: 100_000 } });

  await expect(client.notifications.create(EMAIL)).rejects.toThrow(UnavailableError);

  expect(use.waits).toEqual([40_000, 40_000]);
});

const FAULTS = [
  [LATE, TimedOutError],
  [CUT, ConnectionFailedError],
  [refusal(503, 'UNAVAILABLE'), UnavailableError],
] as const;
const SINCE = '2026-01-31T00:00:00Z';
const NOT_REPEATABLE: Record<string, (client: WaveCom) => Promise<unknown>> = {
  retry: (client) => client.notifications.retry('1'),
  createVersion: (client) => client.templates.createVersion('a', { defaultLocale: 'en' }),
  createEndpoint: (client) => client.webhooks.create({ url: 'https://a', types: ['endpoint.test'] }),
  rotate: (client) => client.webhooks.rotate('1'),
  recover: (client) => client.webhooks.recover('1', { since: SINCE, dryRun: false }),
};

describe.each(Object.entries(NOT_REPEATABLE))('%s', (_, call) => {
  test.each(FAULTS)('is not repeated where it may have been done (%o)', async (fault, kind) => {
    use.standin.faults = [fault];

    const error = await call(use.client()).catch((each: unknown) => each);

    expect(error).toBeInstanceOf(kind);
    if (error instanceof NoAnswerError) expect(error.sent).toBe(true);
    expect(use.standin.calls).toHaveLength(1);
  });
});

test.each(FAULTS)('a recovery that counts only is repeated like a read (%o)', async (fault) => {
  use.standin.faults = [fault];

  await use.client().webhooks.recover('1', { since: SINCE, dryRun: true });

  expect(use.standin.calls.map((call) => call.path)).toEqual([
    '/api/webhooks/1/recover',
    '/api/webhooks/1/recover',
  ]);
});

test('what was refused before any effect is repeated without a key', async () => {
  use.standin.faults = [refusal(429, 'RATE_LIMITED', '1')];

  await use.client().notifications.cancel('1');

  expect(use.standin.calls).toHaveLength(2);
});

test.each([LATE, CUT, refusal(503, 'UNAVAILABLE')])('reads are repeated (%o)', async (fault) => {
  use.standin.faults = [fault];
  const client = use.client();

  await client.notifications.get('1');
  use.standin.faults = [fault];
  await client.templates.preview('a', { variables: {} });

  expect(use.standin.calls.map((call) => call.path)).toEqual([
    '/api/notifications/1',
    '/api/notifications/1',
    '/api/templates/a/preview',
    '/api/templates/a/preview',
  ]);
});

test('a refused connection is tried again and then thrown', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = use.client({ baseUrl: `http://127.0.0.1:${port}` });

  const error = await client.notifications.retry('1').catch((each: unknown) => each);

  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(error).toMatchObject({ sent: false });
  expect(use.waits).toHaveLength(3);
});

test('garbage is not repeated', async () => {
  use.standin.faults = [GARBAGE];

  const error = await use
    .client()
    .notifications.create(EMAIL)
    .catch((each: unknown) => each);

  expect(error).toBeInstanceOf(UnexpectedAnswerError);
  expect((error as WaveComError).idempotencyKey).toBe(use.standin.keys[0]);
  expect(use.standin.calls).toHaveLength(1);
});

test('an answer that is no gzip, though it says so, ends in time', async () => {
  use.standin.faults = [{ status: 200, headers: { 'Content-Encoding': 'gzip' }, body: 'no gzip' }];
  const client = use.client({ timeoutMs: 500 });

  await expect(client.notifications.retry('1')).rejects.toThrow(NoAnswerError);
});

test('an answer that comes byte by byte ends in time', async () => {
  use.standin.faults = [{ status: 200, slow: true }];
  const client = use.client({ timeoutMs: 500 });

  await expect(client.notifications.retry('1')).rejects.toThrow(TimedOutError);
});

test('a signal ends a call and its retries', async () => {
  use.standin.faults = [NONE, refusal(503, 'UNAVAILABLE')];
  const controller = new AbortController();
  const client = use.client({
    runtime: {
      sleep: () => {
        controller.abort(new Error('enough'));
        return Promise.resolve();
      },
    },
  });
  await client.notifications.create(EMAIL, { signal: controller.signal });

  await expect(client.notifications.create(EMAIL, { signal: controller.signal })).rejects.toThrow('enough');

  expect(use.standin.calls).toHaveLength(2);
});
