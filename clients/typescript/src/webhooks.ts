/** Verification of webhooks (Standard Webhooks, https://www.standardwebhooks.com). */

import { Webhook } from 'standardwebhooks';

import { WebhookVerificationError } from './errors.js';
import { eventOf } from './events.js';
import type { Event } from './events.js';
import { parsed } from './retries.js';

/** Signatures by HMAC-SHA256; others in the header are of schemes that are not ours. */
const SIGNATURES = /v1,[A-Za-z0-9+/]{43}=/g;

/** The headers of a request, as Node.js or `fetch` gives them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Return the event of a webhook that one of the secrets has signed within the last five minutes.
 *
 * `body` is what was received, byte for byte: JSON that was parsed and written again has another signature. Give both
 * secrets (`whsec_…`) while you change them. Throws `WebhookVerificationError`, and `TypeError` for what is no secret.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
): Event {
  const webhooks = (typeof secret === 'string' ? [secret] : secret).map(webhookOf);
  if (webhooks.length === 0) throw new TypeError('At least one secret is needed');
  const text = textOf(body);
  const signed = {
    'webhook-id': valueOf(headers, 'webhook-id'),
    'webhook-timestamp': valueOf(headers, 'webhook-timestamp'),
    'webhook-signature': (valueOf(headers, 'webhook-signature').match(SIGNATURES) ?? []).join(' '),
  };
  const refusals = webhooks.map((webhook) =>
    refusalOf(() => webhook.verify(text, signed, { jsonParse: false })),
  );
  if (!refusals.includes(undefined)) {
    const [cause] = refusals;
    throw new WebhookVerificationError(cause instanceof Error ? cause.message : 'Not signed', { cause });
  }
  const event = eventOf(parsed(text));
  if (!event) throw new WebhookVerificationError('The body is signed, but is not an event');
  return event;
}

function refusalOf(verify: () => unknown): unknown {
  try {
    verify();
    return undefined;
  } catch (error) {
    return error ?? new Error('Not signed');
  }
}

function webhookOf(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch (cause) {
    throw new TypeError('A secret of webhooks looks like whsec_…', { cause });
  }
}

function textOf(body: string | Uint8Array): string {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new WebhookVerificationError('The body is not text', { cause });
  }
}

function valueOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : (found ?? []).join(' ');
}
