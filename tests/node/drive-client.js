// Uses the API through the TypeScript client and prints what it understood, as JSON.
//
//   node drive-client.js <journey|create|read> <address> <key>

import { WaveCom } from '../../clients/typescript/dist/index.js';

const EMAIL = { type: 'EMAIL', recipient: 'user@example.com', subject: 'Test', message: 'Hello', priority: 'HIGH' };
const SMS = { type: 'SMS', recipient: '+12025550123', message: 'Your code is 1234' };
const TEXT = { defaultLocale: 'en', locales: { en: { subject: 'Hello', text: 'Hello {{ name }}' } } };

const [scenario, baseUrl, apiKey] = process.argv.slice(2);
const client = new WaveCom({ baseUrl, apiKey, timeoutMs: 2_000, retries: { attempts: 8 } });
console.log(JSON.stringify(await { journey, create, read }[scenario]()));

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
