/** Webhooks are taken only with a signature by one of the secrets, and fresh. */

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { isNotificationEvent, verifyWebhook, WebhookVerificationError } from '../src/index.js';
import { eventBody } from './event-body.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${btoa('another secret of 24 by')}`;
const BODY = JSON.stringify({ ...eventBody(1), cursor: undefined });

function signed({ body = BODY, secret = SECRET, agoMinutes = 0 } = {}) {
  const at = new Date(Date.now() - agoMinutes * 60_000);
  return {
    'Webhook-Id': 'evt_1',
    'Webhook-Timestamp': String(Math.floor(at.getTime() / 1000)),
    'Webhook-Signature': new Webhook(secret).sign('evt_1', at, body),
  };
}

test('the vector of Standard Webhooks is signed the same', () => {
  const at = new Date(1614265330_000);
  const signature = new Webhook(SECRET).sign('msg_p5jXN8AQM9LWM0D4loKWxJek', at, '{"test": 2432232314}');

  expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test.each([
  [BODY, signed(), SECRET],
  [new TextEncoder().encode(BODY), new Headers(signed()), [OTHER, SECRET]],
  [BODY, { ...signed(), 'Webhook-Id': ['evt_1'] }, [SECRET, OTHER]],
])('a webhook that one of the secrets signed is its event', (body, headers, secret) => {
  const event = verifyWebhook(body, headers, secret);

  expect(isNotificationEvent(event)).toBe(true);
  expect(event).toMatchObject({ id: 'evt_1', type: 'notification.sent', cursor: undefined });
});

test('one signature of several is enough, whatever the others are', () => {
  const headers = signed();
  headers['Webhook-Signature'] = `v1a,x v1,${'A'.repeat(43)}= nonsense , ${headers['Webhook-Signature']}`;

  expect(verifyWebhook(BODY, headers, SECRET).id).toBe('evt_1');
});

test.each([
  ['another secret', signed({ secret: OTHER })],
  ['another body', signed({ body: BODY.replace('SENT', 'FAILED') })],
  ['an old timestamp', signed({ agoMinutes: 6 })],
  ['a timestamp to come', signed({ agoMinutes: -6 })],
  ['another id', { ...signed(), 'Webhook-Id': 'evt_2' }],
  ['no timestamp', { ...signed(), 'Webhook-Timestamp': 'soon' }],
  ['no signature', { ...signed(), 'Webhook-Signature': 'v1' }],
  ['no headers', {}],
])('a webhook with %s is refused', (_, headers) => {
  expect(() => verifyWebhook(BODY, headers, SECRET)).toThrow(WebhookVerificationError);
});

test.each(['', '[]', '{"id": "evt_1"}', '['])('what is signed but no event is refused (%s)', (body) => {
  expect(() => verifyWebhook(body, signed({ body }), SECRET)).toThrow(WebhookVerificationError);
});

test('a body that is no text is refused', () => {
  expect(() => verifyWebhook(new Uint8Array([255]), signed(), SECRET)).toThrow(WebhookVerificationError);
});

test.each(['', 'whsec_', 'whsec_a', []])("a secret that is none is the caller's mistake", (secret) => {
  expect(() => verifyWebhook(BODY, signed(), secret)).toThrow(TypeError);
});
