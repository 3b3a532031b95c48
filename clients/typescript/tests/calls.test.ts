/** Each method makes its call, and understands answers and refusals. */

import { inspect } from 'node:util';
import { expect, test } from 'vitest';

import {
  AccessError,
  ApiError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  UnavailableError,
  UnexpectedAnswerError,
  WaveCom,
} from '../src/index.js';
import type { Pages } from '../src/index.js';
import { EMAIL, first, json, KEY, refusal, useStandIn } from './standin.js';

const use = useStandIn();

const SINCE = '2026-01-31T00:00:00Z';
const METHODS: [string, string, (client: WaveCom) => Promise<unknown>][] = [
  ['GET', '/api/notifications/1', (client) => client.notifications.get('1')],
  ['POST', '/api/notifications/1/cancel', (client) => client.notifications.cancel('1')],
  ['POST', '/api/notifications/1/retry', (client) => client.notifications.retry('1')],
  ['GET', '/api/notifications/..%2Fkeys', (client) => client.notifications.get('../keys')],
  ['GET', '/api/templates/a', (client) => client.templates.get('a')],
  ['POST', '/api/templates/a/preview', (client) => client.templates.preview('a', { variables: {} })],
  [
    'POST',
    '/api/templates/a/test-send',
    (client) => client.templates.sendTest('a', { recipient: 'b', variables: {} }),
  ],
  ['POST', '/api/templates', (client) => client.templates.create({ id: 'a', channel: 'SMS' })],
  ['DELETE', '/api/templates/a', (client) => client.templates.archive('a')],
  ['POST', '/api/templates/a/rollback', (client) => client.templates.rollback('a')],
  [
    'POST',
    '/api/templates/a/versions',
    (client) => client.templates.createVersion('a', { defaultLocale: 'en' }),
  ],
  ['GET', '/api/templates/a/versions/2', (client) => client.templates.getVersion('a', 2)],
  ['POST', '/api/templates/a/versions/2/publish', (client) => client.templates.publish('a', 2)],
  ['GET', '/api/templates/a/versions/2/results', (client) => client.templates.results('a', 2)],
  ['GET', '/api/attachments/1', (client) => client.attachments.get('1')],
  ['POST', '/api/suppressions', (client) => client.suppressions.add({ type: 'SMS', recipient: '+1' })],
  ['PUT', '/api/categories/a', (client) => client.categories.put('a', { name: 'A', transactional: false })],
  ['GET', '/api/preferences', (client) => client.preferences.get('+1', 'SMS')],
  [
    'PUT',
    '/api/preferences',
    (client) => client.preferences.update({ type: 'SMS', recipient: '+1', categories: { offers: false } }),
  ],
  ['GET', '/api/webhooks/1', (client) => client.webhooks.get('1')],
  ['PATCH', '/api/webhooks/1', (client) => client.webhooks.update('1', { enabled: true })],
  ['POST', '/api/webhooks/1/test', (client) => client.webhooks.test('1')],
  ['POST', '/api/webhooks/1/recover', (client) => client.webhooks.recover('1', { since: SINCE })],
  ['GET', '/api/webhooks/1/deliveries/2', (client) => client.webhooks.getDelivery('1', '2')],
  ['POST', '/api/webhooks/1/deliveries/2/retry', (client) => client.webhooks.retryDelivery('1', '2')],
  ['GET', '/api/webhooks/..%2F1/deliveries/..%2F2', (client) => client.webhooks.getDelivery('../1', '../2')],
  ['GET', '/api/dlq', (client) => client.deadLetters.count()],
  ['POST', '/api/dlq/replay', (client) => client.deadLetters.replay({ ids: ['1'] })],
  ['GET', '/api/notifications/stats/system', (client) => client.stats.system()],
  ['GET', '/api/notifications/stats/minutes', (client) => client.stats.minutes({ minutes: 5 })],
];

test.each(METHODS)('%s %s is called by its method', async (method, path, call) => {
  expect(await call(use.client())).toEqual({ method, path });

  const [{ headers }] = use.standin.calls as [(typeof use.standin.calls)[number]];
  expect(headers.authorization).toBe(`Bearer ${KEY}`);
  expect(headers['user-agent']).toMatch(/^wavecom-client-typescript\/\d+\.\d+\.\d+$/);
});

test.each<[string, (client: WaveCom) => Promise<void>]>([
  ['/api/suppressions/1', (client) => client.suppressions.remove('1')],
  ['/api/categories/1', (client) => client.categories.delete('1')],
  ['/api/webhooks/1', (client) => client.webhooks.delete('1')],
])('what is removed has no result (%s)', async (path, remove) => {
  await expect(remove(use.client())).resolves.toBeUndefined();
  expect(use.standin.calls.map((call) => [call.method, call.path])).toEqual([['DELETE', path]]);
});

test.each<[string, (client: WaveCom) => Promise<unknown>]>([
  ['POST /api/webhooks', (client) => client.webhooks.create({ url: 'https://a', types: [] })],
  ['POST /api/webhooks/1/rotate', (client) => client.webhooks.rotate('1')],
])('a new secret of an endpoint is returned beside it (%s)', async (operation, call) => {
  use.standin.answers[operation] = { id: 'ep_1', url: 'https://a', secret: 'whsec_hidden' };

  expect(await call(use.client())).toEqual({
    id: 'ep_1',
    endpoint: { id: 'ep_1', url: 'https://a' },
    secret: 'whsec_hidden',
  });
  expect(use.standin.keys).toEqual([undefined]);
});

test.each([null, [], { id: 'ep_1' }, { id: 'ep_1', secret: null }])(
  'an endpoint without its new secret is no answer (%j)',
  async (answer) => {
    use.standin.answers['POST /api/webhooks'] = answer;

    const made = use.client().webhooks.create({ url: 'https://a', types: [] });
    await expect(made).rejects.toThrow(UnexpectedAnswerError);
  },
);

test('every other operation is called by its path', async () => {
  const { data } = await use.client().raw.PUT('/api/policy', { body: { onUnknown: 'hold' } });

  expect(data?.data).toEqual({ method: 'PUT', path: '/api/policy' });
});

test('lists are read page by page', async () => {
  use.standin.stored = [0, 1, 2, 3, 4].map((number) => ({ _id: String(number) }));
  const client = use.client();

  const two = await first(client.notifications.list(), 2);
  const calls = use.standin.calls.length;
  const since = new Date('2026-01-31T10:30:00+01:00');
  const everything = await first(client.notifications.list({ status: 'SENT', since, pageSize: 2 }));

  expect(two.map((each) => each._id)).toEqual(['0', '1']);
  expect(calls).toBe(1);
  expect(everything.map((each) => each._id)).toEqual(['0', '1', '2', '3', '4']);
  expect(use.standin.calls.at(-1)?.query).toEqual({
    status: 'SENT',
    since: '2026-01-31T09:30:00.000Z',
    limit: '2',
    cursor: '4',
  });
});

test.each<[string, (client: WaveCom) => Pages<{ id: string }>]>([
  ['/api/webhooks', (client) => client.webhooks.list()],
  ['/api/categories', (client) => client.categories.list()],
])('a list of one answer is read like the others (%s)', async (path, listed) => {
  use.standin.answers[`GET ${path}`] = [{ id: '1' }, { id: '2' }];

  const everything = await first(listed(use.client()));
  const [page] = await first(listed(use.client()).pages());

  expect(everything.map((each) => each.id)).toEqual(['1', '2']);
  expect(page?.nextCursor).toBeNull();
  expect(use.standin.calls.map((call) => [call.path, call.query])).toEqual([
    [path, {}],
    [path, {}],
  ]);
});

test.each([null, 'a', { endpoints: [] }])('what is no list is refused (%j)', async (answer) => {
  use.standin.answers = { 'GET /api/webhooks': answer, 'GET /api/templates': answer };

  await expect(first(use.client().webhooks.list())).rejects.toThrow(UnexpectedAnswerError);
  await expect(first(use.client().templates.list())).rejects.toThrow(UnexpectedAnswerError);
});

test('deliveries and versions are listed from their pages', async () => {
  use.standin.answers = {
    'GET /api/webhooks/1/deliveries': { deliveries: [{ eventId: '2' }], nextCursor: null },
    'GET /api/templates/a/versions': { versions: [{ number: 3 }], nextCursor: 3 },
  };
  const client = use.client();

  const deliveries = await first(client.webhooks.deliveries('1', { status: 'failed', pageSize: 5 }));
  const versions = await first(client.templates.versions('a', { pageSize: 1 }), 2);

  expect(deliveries.map((each) => each.eventId)).toEqual(['2']);
  expect(versions.map((each) => each.number)).toEqual([3, 3]);
  expect(use.standin.calls.map((call) => call.query)).toEqual([
    { status: 'failed', limit: '5' },
    { limit: '1' },
    { limit: '1', cursor: '3' },
  ]);
});

test('preferences are asked for by recipient and channel', async () => {
  await use.client().preferences.get('+12025550123', 'SMS');

  expect(use.standin.calls[0]?.query).toEqual({ recipient: '+12025550123', type: 'SMS' });
});

test('a recovery may begin at a date', async () => {
  await use.client().webhooks.recover('1', { since: new Date('2026-01-31T10:30:00+01:00') });

  expect(use.standin.calls.map(json)).toEqual([{ since: '2026-01-31T09:30:00.000Z' }]);
});

test('a file is announced, and put without the key', async () => {
  const stored = await use
    .client()
    .attachments.upload('a.txt', new TextEncoder().encode('Hello'), 'text/plain');

  const [announced, put] = use.standin.calls;
  expect(stored).toEqual({ id: '1' });
  expect(announced && json(announced)).toEqual({
    filename: 'a.txt',
    contentType: 'text/plain',
    size: 5,
    sha256: '185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969',
  });
  expect(use.standin.files.map(String)).toEqual(['Hello']);
  expect(put?.headers['x-token']).toBe('once');
  expect(put?.headers.authorization).toBeUndefined();
});

test.each([
  [400, InvalidRequestError],
  [401, AccessError],
  [403, AccessError],
  [404, NotFoundError],
  [409, ConflictError],
  [418, ApiError],
  [422, InvalidRequestError],
  [500, UnavailableError],
])('a refusal with status %d is thrown with all that it says', async (status, kind) => {
  use.standin.faults = [refusal(status, 'SOME_CODE', undefined, { recipient: 'is not one' })];

  const error: unknown = await use
    .client()
    .notifications.create(EMAIL)
    .catch((each: unknown) => each);

  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({
    name: kind.name,
    status,
    code: 'SOME_CODE',
    requestId: 'request-1',
    details: [{ field: 'recipient', message: 'is not one' }],
    message: `${status} SOME_CODE: No; recipient: is not one (request request-1)`,
  });
});

test.each(['{"message": "Forbidden"}', 'Forbidden\n'])(
  'a refusal of a gateway is thrown too',
  async (body) => {
    use.standin.faults = [{ status: 403, body }];

    await expect(use.client().stats.system()).rejects.toMatchObject({
      code: 'HTTP_403',
      message: '403 HTTP_403: Forbidden',
    });
  },
);

test.each(['', 'null', '{"success": true}', '['])('an answer of another server is refused', async (body) => {
  use.standin.faults = [{ status: 200, body }];

  await expect(use.client().notifications.get('1')).rejects.toThrow(UnexpectedAnswerError);
});

test('a redirect is not followed', async () => {
  use.standin.faults = [{ status: 302, headers: { Location: '/elsewhere' } }];

  await expect(use.client().notifications.get('1')).rejects.toThrow(UnexpectedAnswerError);
  expect(use.standin.calls).toHaveLength(1);
});

test.each([
  'wavecom.example',
  'ftp://wavecom.example',
  'https://user@wavecom.example',
  'https://a?b',
  'https://a:b',
])('an address that is none is refused (%s)', (baseUrl) => {
  expect(() => new WaveCom({ baseUrl })).toThrow(TypeError);
});

test('a key is sent unencrypted only to this machine, or where it is allowed', () => {
  expect(() => new WaveCom({ baseUrl: 'http://wavecom.example', apiKey: KEY })).toThrow('unencrypted');

  new WaveCom({ baseUrl: 'http://localhost:5000', apiKey: KEY });
  new WaveCom({ baseUrl: 'http://[::1]:5000', apiKey: KEY });
  new WaveCom({ baseUrl: 'http://wavecom.internal', apiKey: KEY, allowPlainHttp: true });
});

test('a client that is logged does not show its key', () => {
  const client = use.client();

  expect(inspect(client, { depth: null, showHidden: true })).not.toContain(KEY);
  expect(JSON.stringify(client)).not.toContain(KEY);
});

test('a key that does not fit in a header, and an id that is none, are refused', async () => {
  expect(() => new WaveCom({ baseUrl: 'https://wavecom.example', apiKey: 'a\nb' })).toThrow('API key');
  await expect(use.client().notifications.create(EMAIL, { idempotencyKey: 'a b' })).rejects.toThrow(
    TypeError,
  );
  await expect(use.client().notifications.get('..')).rejects.toThrow(TypeError);

  expect(use.standin.calls).toEqual([]);
});
