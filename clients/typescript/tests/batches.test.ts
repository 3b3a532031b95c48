/** Batches: cut into parts, made whole again, and gone on with after a failure. */

import { expect, test } from 'vitest';

import { AccessError, PartialBatchError } from '../src/index.js';
import type { CreateNotification } from '../src/index.js';
import { BODY_MAX_BYTES } from '../src/notifications.js';
import { CUT, EMAIL, json, LATE, NONE, refusal, useStandIn } from './standin.js';

const use = useStandIn();

function many(count: number): CreateNotification[] {
  return Array.from({ length: count }, (_, index) => ({ ...EMAIL, subject: String(index) }));
}

function sizes(): number[] {
  return use.standin.calls.map((call) => (json(call) as { notifications: unknown[] }).notifications.length);
}

test('a batch is cut at 500, and its results are those of the whole', async () => {
  const batch = many(1_201).map((each, index) =>
    index === 3 || index === 777 ? { ...each, recipient: 'nobody' } : each,
  );

  const created = await use.client().notifications.createBatch(batch, { idempotencyKey: 'run-1' });

  expect(sizes()).toEqual([500, 500, 201]);
  expect(use.standin.keys).toEqual(['run-1', 'run-1/500', 'run-1/1000']);
  expect(created.results.map((each) => each.index)).toEqual(batch.map((_, index) => index));
  expect(created.refused.map((each) => each.index)).toEqual([3, 777]);
  expect(created.refused[1]?.error?.details).toEqual([
    { field: 'notifications[777].recipient', message: 'no' },
  ]);
  expect(created.accepted).toHaveLength(1_199);
  expect(created.accepted.every((each) => each.data?.subject === String(each.index))).toBe(true);
});

test('a batch is cut where a body would be too large', async () => {
  const batch = many(20).map((each) => ({ ...each, html: 'x'.repeat(250_000) }));

  const created = await use.client().notifications.createBatch(batch);

  expect(created.accepted).toHaveLength(20);
  expect(sizes()).toEqual([16, 4]);
  expect(use.standin.calls.every((call) => call.content.length <= BODY_MAX_BYTES)).toBe(true);
});

test('an empty batch makes no call', async () => {
  expect((await use.client().notifications.createBatch([])).results).toEqual([]);
  expect(use.standin.calls).toEqual([]);
});

test.each([LATE, CUT])('a part that is repeated is stored once (%o)', async (fault) => {
  use.standin.faults = [fault];

  await use.client().notifications.createBatch(many(501), { idempotencyKey: 'run-1' });

  expect(use.standin.stored).toHaveLength(501);
  expect(use.standin.keys.slice(0, 2)).toEqual(['run-1', 'run-1']);
  expect(use.standin.keys.at(-1)).toBe('run-1/500');
});

test('a batch that was interrupted is finished by the same call', async () => {
  use.standin.faults = [NONE, refusal(503, 'UNAVAILABLE', '3000')];
  const { notifications } = use.client();

  const error: unknown = await notifications.createBatch(many(1_000)).catch((each: unknown) => each);
  if (!(error instanceof PartialBatchError)) throw error;
  const { idempotencyKey = '' } = error;
  const created = await notifications.createBatch(many(1_000), { idempotencyKey });

  expect(error.results).toHaveLength(500);
  expect(use.standin.stored).toHaveLength(1_000);
  expect(created.accepted).toHaveLength(1_000);
  expect(created.results.slice(0, 500)).toEqual(error.results);
});

test('a refusal of the first part is thrown as it is', async () => {
  use.standin.faults = [refusal(401, 'UNAUTHORIZED')];

  const error: unknown = await use
    .client()
    .notifications.createBatch(many(501), { idempotencyKey: 'run-1' })
    .catch((each: unknown) => each);

  expect(error).toBeInstanceOf(AccessError);
  expect(error).toMatchObject({ idempotencyKey: 'run-1' });
  expect(use.standin.stored).toEqual([]);
});
