// Uses the API through the TypeScript client and prints what it understood, as JSON.
//
//   node drive-client.js <journey|create|read|methods|webhooks|templates|preferences> <address> <key>

import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { verifyWebhook, WaveCom } from '../../clients/typescript/dist/index.js';

const EMAIL = { type: 'EMAIL', recipient: 'user@example.com', subject: 'Test', message: 'Hello', priority: 'HIGH' };
const SMS = { type: 'SMS', recipient: '+12025550123', message: 'Your code is 1234' };
const TEXT = { defaultLocale: 'en', locales: { en: { subject: 'Hello', text: 'Hello {{ name }}' } } };

const [scenario, baseUrl, apiKey] = process.argv.slice(2);
const client = new WaveCom({ baseUrl, apiKey, timeoutMs: 2_000, retries: { attempts: 8 } });
console.log(JSON.stringify(await { journey, create, read, methods, webhooks, templates, preferences }[scenario]()));

async function create() {
  const created = await client.notifications.create(EMAIL);
  const batch = await client.notifications.createBatch(Array.from({ length: 501 }, () => SMS));
  return { id: created.id, replayed: created.replayed, indexes: batch.accepted.map((each) => each.index) };
}

async function read() {
  const seen = [];
  for await (const event of client.events({ types: ['notification.queued'], pageSize: 2 })) {
    seen.push([event.data.notificationId, event.cursor]);
    if (seen.length === 5) break;
  }
  const rest = [];
  for await (const event of client.events({ after: seen[1][1], follow: false })) rest.push(event.data.notificationId);
  return { seen, rest };
}

async function journey() {
  const { notifications, templates, attachments, suppressions, stats } = client;
  const created = await notifications.create(EMAIL, { idempotencyKey: 'first' });
  const repeated = await notifications.create(EMAIL, { idempotencyKey: 'first' });
  const batch = await notifications.createBatch([SMS, { ...SMS, recipient: 'nobody' }]);
  const listed = [];
  for await (const each of notifications.list({ pageSize: 1 })) listed.push(each._id);
  const { notification, logs } = await notifications.get(created.id);

  const file = await attachments.upload('note.txt', new TextEncoder().encode('Hello'), 'text/plain');
  const carried = await notifications.create({ ...EMAIL, attachments: [file.id] });

  await client.raw.POST('/api/templates', { body: { id: 'greeting', channel: 'EMAIL' } });
  await client.raw.POST('/api/templates/{template_id}/versions', {
    params: { path: { template_id: 'greeting' } },
    body: TEXT,
  });
  const preview = await templates.preview('greeting', { variables: { name: 'Ada' } });
  const test = await templates.sendTest('greeting', { recipient: 'me@example.com', variables: { name: 'Ada' } });

  const suppression = await suppressions.add({ type: 'EMAIL', recipient: 'gone@example.com' });
  const refusal = await notifications.create({ ...EMAIL, recipient: 'nobody' }).catch((error) => error);
  await suppressions.remove(suppression.id);
  const cancelled = await notifications.cancel(created.id);
  const conflict = await notifications.cancel(created.id).catch((error) => error);
  const absent = await notifications.get('0'.repeat(24)).catch((error) => error);

  return {
    created: created.id,
    status: created.notification.status,
    repeated: [repeated.id, repeated.replayed],
    accepted: batch.accepted.map((each) => each.data._id),
    refused: batch.refused.map((each) => [each.index, each.error.details[0].field]),
    listed,
    found: [notification._id, logs.map((each) => each.status)],
    carried: carried.notification.attachments.map((each) => each.filename),
    preview: preview.message,
    test: test.recipient,
    refusal: [refusal.name, refusal.details[0].field],
    cancelled: cancelled.status,
    conflict: [conflict.name, conflict.status, conflict.code],
    absent: absent.name,
    total: (await stats.system()).total,
  };
}

/** Return the names of all methods of resources. */
function methods() {
  return Object.entries(client)
    .filter(([name]) => name !== 'raw')
    .flatMap(([name, resource]) => {
      const found = Object.getOwnPropertyNames(Object.getPrototypeOf(resource));
      return found.filter((each) => each !== 'constructor').map((each) => `${name}.${each}`);
    });
}

async function webhooks() {
  const { webhooks } = client;
  const system = await receiver();
  const types = ['notification.queued'];
  const first = await webhooks.create({ url: system.url, types });
  const { id } = await client.notifications.create(EMAIL);
  const queued = verifyWebhook(...(await system.next()), first.secret);

  const second = await webhooks.create({ url: system.url, types, description: 'Ledger' });
  const since = new Date(queued.timestamp.getTime() - 60_000);
  const counted = await webhooks.recover(second.id, { since, dryRun: true });
  const begun = await webhooks.recover(second.id, { since });
  const { recovering } = await webhooks.get(second.id);

  const tests = [];
  for (const number of [1, 2]) {
    const { eventId } = await webhooks.test(second.id);
    const event = verifyWebhook(...(await system.next()), second.secret);
    tests.push([number, event.type, event.id === eventId]);
  }
  const deliveries = await all(webhooks.deliveries(second.id, { pageSize: 1 }));
  const { eventId } = deliveries[0];
  const shown = await succeeded(second.id, eventId);
  const rotated = await webhooks.rotate(second.id);
  const again = await webhooks.retryDelivery(second.id, eventId);
  const request = await system.next();
  const signed = [second.secret, rotated.secret].map((secret) => verifyWebhook(...request, secret).id === eventId);

  const disabled = await webhooks.update(second.id, { enabled: false });
  const refused = await webhooks.test(second.id).catch((error) => error);
  await webhooks.delete(first.id);
  system.close();
  return {
    queued: [queued.type, queued.data.notificationId === id],
    missed: [counted.missed, counted.started, begun.missed, begun.started, recovering],
    tests,
    deliveries: deliveries.map((each) => each.eventType),
    shown: [shown.status, shown.attempts[0].status, JSON.parse(shown.payload).type],
    again: [again.eventId === eventId, signed],
    disabled: [disabled.enabled, disabled.disabledReason, refused.name],
    left: (await all(webhooks.list())).map((each) => [each.id === second.id, each.description, 'secret' in each]),
  };
}

/** Serve a system that gets webhooks; `next` waits for a request and returns its body and its headers. */
async function receiver() {
  const requests = [];
  const server = createServer(async (request, response) => {
    requests.push([await text(request), request.headers]);
    response.writeHead(204).end();
    server.emit('received');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    next: async () => {
      while (requests.length === 0) await once(server, 'received', { signal: AbortSignal.timeout(20_000) });
      return requests.shift();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function succeeded(endpointId, eventId) {
  for (;;) {
    const delivery = await client.webhooks.getDelivery(endpointId, eventId);
    if (delivery.status === 'succeeded') return delivery;
  }
}

async function templates() {
  const { templates } = client;
  const made = await templates.create({ id: 'greeting', channel: 'EMAIL' });
  const locales = TEXT.locales;
  const first = await templates.createVersion('greeting', { defaultLocale: 'en', locales });
  const second = await templates.createVersion('greeting', {
    defaultLocale: 'en',
    variants: { a: { locales }, b: { locales } },
  });
  const versions = await all(templates.versions('greeting', { pageSize: 1 }));
  const version = await templates.getVersion('greeting', 2);
  const published = [];
  for (const number of [1, 2]) published.push((await templates.publish('greeting', number)).published);
  const back = await templates.rollback('greeting');
  const results = await templates.results('greeting', 2);
  const archived = await templates.archive('greeting');
  return {
    made: [made.id, made.latest],
    numbers: [first.number, second.number],
    versions: versions.map((each) => each.number),
    variants: Object.keys(version.variants),
    published: [...published, back.published],
    results: results.map((each) => [each.variant, each.accepted]),
    archived: archived.archivedAt !== null,
    listed: (await all(templates.list())).map((each) => each.id),
  };
}

async function preferences() {
  const { categories, preferences } = client;
  const put = await categories.put('offers', { name: 'Offers', transactional: false });
  await categories.put('receipts', { name: 'Receipts', transactional: true });
  const listed = await all(categories.list());
  await preferences.update({ type: 'SMS', recipient: SMS.recipient, categories: { offers: false } });
  const found = await preferences.get(SMS.recipient, 'SMS');
  await categories.delete('receipts');
  return {
    put: put.id,
    listed: listed.map((each) => each.id),
    found: found.categories.map((each) => [each.id, each.subscribed]),
    left: (await all(categories.list())).map((each) => each.id),
  };
}

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}
