/**
 * Attempts and the waits between them. A call is repeated only where that cannot do anything twice:
 *
 * - nothing was sent yet (connection refused, name not found): always;
 * - 429: always, since it refuses before any effect;
 * - 503, a broken connection or no answer in time: if the call is repeatable, that is, reads, or has an idempotency key.
 */

import { apiError, ConnectionFailedError, TimedOutError, UnexpectedAnswerError } from './errors.js';
import type { WaveComError } from './errors.js';
import type { FieldError } from './types.js';

/** The bounds of a call's attempts. */
export interface Retries {
  /** Attempts at the most. */
  attempts: number;
  /** Bounds a call with all its attempts and waits. */
  deadlineMs: number;
  /** The wait after the first failure; it doubles with each, less up to a half by chance. */
  backoffMs: number;
  backoffMaxMs: number;
  /** An answer that asks to wait for longer is raised at once. */
  longestWaitMs: number;
}

export const RETRIES: Retries = {
  attempts: 4,
  deadlineMs: 120_000,
  backoffMs: 250,
  backoffMaxMs: 5_000,
  longestWaitMs: 60_000,
};

/** An answer with any status, complete. */
export interface Answer {
  kind: 'answer';
  status: number;
  headers: Headers;
  content: ArrayBuffer;
}

/** No answer. `sent` says that the request may have arrived, `lasting` that a second one would fail as well. */
export interface Failure {
  kind: 'failure';
  text: string;
  sent: boolean;
  timedOut: boolean;
  lasting: boolean;
  cause: unknown;
}

export type Result = Answer | Failure;

/** Codes of Node.js for connections that were never made. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^EPROTO$|^ERR_(TLS|SSL)/;

/** Return what an error of `fetch` means. A browser does not say why, so there the request may have arrived. */
export function failureOf(cause: unknown, origin: string, timedOut: boolean): Failure {
  const code = codeOf(cause);
  const notTrusted = NOT_TRUSTED.test(code);
  const sent = !(notTrusted || NOT_SENT.has(code));
  const late = timedOut || code === 'UND_ERR_CONNECT_TIMEOUT';
  const text = notTrusted
    ? `${origin} has no certificate that is trusted, or does not speak TLS`
    : late
      ? `${origin} does not answer in time`
      : sent
        ? `The connection to ${origin} broke, or could not be made`
        : `Nothing answers at ${origin}`;
  return { kind: 'failure', text, sent, timedOut: late, lasting: notTrusted, cause };
}

/** Return whether another attempt may go better, and cannot do anything twice. */
export function mayHelp(result: Result, repeatable: boolean): boolean {
  if (result.kind === 'failure') return !result.lasting && (repeatable || !result.sent);
  return result.status === 429 || (result.status === 503 && repeatable);
}

/** Return for how long to wait after so many failures in a row, of which `result` is the last. */
export function waitAfter(result: Result, failures: number, retries: Retries, chance: number): number {
  const asked = result.kind === 'answer' ? retryAfterMs(result.headers) : undefined;
  const backoff = Math.min(retries.backoffMs * 2 ** (failures - 1), retries.backoffMaxMs);
  return asked ?? backoff * (1 - chance / 2);
}

export function isSuccess(result: Result): result is Answer {
  return result.kind === 'answer' && result.status >= 200 && result.status < 300;
}

/** Return the error of what is no success. */
export function errorOf(result: Result): WaveComError {
  if (result.kind === 'failure') {
    const options = { sent: result.sent, cause: result.cause };
    return result.timedOut
      ? new TimedOutError(result.text, options)
      : new ConnectionFailedError(result.text, options);
  }
  if (result.status < 400) {
    return new UnexpectedAnswerError(
      `The answer has status ${result.status}; is the base URL that of WaveCom's API?`,
    );
  }
  const text = new TextDecoder().decode(result.content);
  const body = asObject(parsed(text));
  const error = asObject(body?.error);
  const message = error?.message ?? body?.message ?? (text.slice(0, 200).trim() || 'No text');
  return apiError({
    status: result.status,
    code: typeof error?.code === 'string' ? error.code : `HTTP_${result.status}`,
    message: typeof message === 'string' ? message : 'No text',
    details: detailsOf(error?.details),
    requestId: typeof body?.requestId === 'string' ? body.requestId : undefined,
    retryAfterMs: retryAfterMs(result.headers),
  });
}

/** Return the header Retry-After (RFC 9110, section 10.2.3), which is a number of seconds or a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Return what JSON holds, undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function detailsOf(details: unknown): FieldError[] {
  const found: unknown[] = Array.isArray(details) ? details : [];
  return found
    .map(asObject)
    .filter((each) => each !== undefined)
    .map((each) => ({ field: String(each.field), message: String(each.message) }));
}

function codeOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = (each as { code?: unknown }).code;
    if (typeof code === 'string') return code;
  }
  return '';
}
