/**
 * The errors of the client, split by what a caller can do about them.
 *
 *     WaveComError
 *     ├── ApiError                  the API refused: status, code, message, details, request id
 *     │   ├── InvalidRequestError   400, 413, 415, 422: change the request
 *     │   ├── AccessError           401, 403: change the key
 *     │   ├── NotFoundError         404
 *     │   ├── ConflictError         409: it is in another state, or the key was used for another body
 *     │   ├── CursorExpiredError    410: go on from `oldest`, and know that events are missing
 *     │   ├── RateLimitedError      429: wait for `retryAfterMs`
 *     │   └── UnavailableError      500 and above: repeat it later
 *     ├── NoAnswerError             nobody knows what became of the call if it was `sent`
 *     │   ├── ConnectionFailedError refused, not found, or broken
 *     │   └── TimedOutError
 *     ├── UnexpectedAnswerError     the answer is not WaveCom's
 *     ├── PartialBatchError         some parts of a large batch are done, one failed
 *     └── WebhookVerificationError  the webhook is not WaveCom's, or too old
 *
 * A call that failed has its `idempotencyKey`, if it has one: the same call with the same key, however much later,
 * creates nothing twice.
 */

import type { BatchResult, FieldError } from './types.js';

/** Anything that can go wrong with a call. */
export class WaveComError extends Error {
  override name = this.constructor.name;
  /** The key of the call, if it has one. */
  idempotencyKey: string | undefined;
}

export interface Refusal {
  status: number;
  code: string;
  message: string;
  details: FieldError[];
  requestId: string | undefined;
  retryAfterMs: number | undefined;
}

/** The API refused the call. Go by `code`, since messages may change. */
export class ApiError extends WaveComError {
  readonly status: number;
  readonly code: string;
  readonly details: FieldError[];
  /** Finds the call in the API's logs. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(refusal: Refusal) {
    const fields = refusal.details.map((each) => `; ${each.field}: ${each.message}`).join('');
    const request = refusal.requestId === undefined ? '' : ` (request ${refusal.requestId})`;
    super(`${refusal.status} ${refusal.code}: ${refusal.message}${fields}${request}`);
    this.status = refusal.status;
    this.code = refusal.code;
    this.details = refusal.details;
    this.requestId = refusal.requestId;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}

/** The request is not valid; `details` name the fields. */
export class InvalidRequestError extends ApiError {}

/** The key is missing, wrong or revoked, or may not do this. */
export class AccessError extends ApiError {}

/** There is nothing with this id. */
export class NotFoundError extends ApiError {}

/** The thing is in another state than the call needs, or the idempotency key was used for another body. */
export class ConflictError extends ApiError {}

/** The events after this cursor are not kept any more. */
export class CursorExpiredError extends ApiError {
  /** The cursor to go on from; what lies between is only in the notifications themselves. */
  get oldest(): string | undefined {
    return this.details.find((each) => each.field === 'after')?.message;
  }
}

/** The key's requests are used up, or the load is too high for this one; nothing was done. */
export class RateLimitedError extends ApiError {}

/** The API, or what stands before it, cannot do it at the moment. */
export class UnavailableError extends ApiError {}

/** There was no answer. */
export class NoAnswerError extends WaveComError {
  /** Whether the call may have had its effect all the same. */
  readonly sent: boolean;

  constructor(message: string, options: { sent: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.sent = options.sent;
  }
}

/** The connection could not be made, or broke. */
export class ConnectionFailedError extends NoAnswerError {}

/** The answer did not come in time. */
export class TimedOutError extends NoAnswerError {}

/** The answer is not one of WaveCom's API: look at the base URL, and at what stands between. */
export class UnexpectedAnswerError extends WaveComError {}

/**
 * A part of a large batch failed (`cause` says why) after others were done. The same call with the same
 * `idempotencyKey` does the rest, and returns the results of all.
 */
export class PartialBatchError extends WaveComError {
  /** Those of the parts before. */
  readonly results: BatchResult[];

  constructor(message: string, options: { results: BatchResult[]; idempotencyKey: string; cause: unknown }) {
    super(message, { cause: options.cause });
    this.results = options.results;
    this.idempotencyKey = options.idempotencyKey;
  }
}

/** The webhook is not signed with the secret, or too old; answer 400 and do nothing with it. */
export class WebhookVerificationError extends WaveComError {}

/** Return the error of a refusal, by its status. */
export function apiError(refusal: Refusal): ApiError {
  return new (kindOf(refusal))(refusal);
}

function kindOf({ status, code }: Refusal): new (refusal: Refusal) => ApiError {
  if (status >= 500) return UnavailableError;
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return InvalidRequestError;
    case 401:
    case 403:
      return AccessError;
    case 404:
      return NotFoundError;
    case 409:
      return ConflictError;
    case 410:
      return code === 'CURSOR_EXPIRED' ? CursorExpiredError : ApiError;
    case 429:
      return RateLimitedError;
    default:
      return ApiError;
  }
}
