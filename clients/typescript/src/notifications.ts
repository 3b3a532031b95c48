/** Notifications: create one or many, look at them, cancel and retry them. */

import { ending, moment, segment, take, takeData, withKey } from './api.js';
import type { Api, CreateOptions } from './api.js';
import { PartialBatchError, UnexpectedAnswerError, WaveComError } from './errors.js';
import { newKey, sendableKey } from './http.js';
import type { CallOptions } from './http.js';
import { Pages } from './pages.js';
import type {
  BatchResult,
  Channel,
  CreateNotification,
  Notification,
  NotificationDetail,
  Priority,
  Status,
} from './types.js';

/** Notifications in one call (docs/api.md). */
export const BATCH_MAX = 500;
/** The largest body that the API takes. */
export const BODY_MAX_BYTES = 4 * 1024 * 1024;
const WRAPPING_BYTES = '{"notifications":[]}'.length;

/** A notification that was accepted and stored. */
export interface Created {
  id: string;
  notification: Notification;
  /** What was changed in its content. */
  warnings: string[];
  /** Whether an earlier call with this key created it. */
  replayed: boolean;
  idempotencyKey: string;
}

/** The result of each notification of a batch, in order: `data` with status 201, `error` with any other. */
export interface CreatedBatch {
  results: BatchResult[];
  accepted: BatchResult[];
  refused: BatchResult[];
  idempotencyKey: string;
}

/** Filters combine; `since` is included, `until` is not. */
export interface NotificationFilter extends CallOptions {
  status?: Status;
  type?: Channel;
  priority?: Priority;
  recipient?: string;
  since?: Date | string;
  until?: Date | string;
  pageSize?: number;
}

/** Notifications: `client.notifications`. All methods throw `WaveComError`. */
export class Notifications {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Create a notification. */
  async create(notification: CreateNotification, options: CreateOptions = {}): Promise<Created> {
    const idempotencyKey = options.idempotencyKey ?? newKey();
    const call = this.#api.raw.POST('/api/notifications', {
      body: notification,
      ...withKey(idempotencyKey, options),
    });
    const { body, response } = await take(call, idempotencyKey);
    return {
      id: body.data._id,
      notification: body.data,
      warnings: body.warnings ?? [],
      replayed: response.headers.get('idempotency-replayed') === 'true',
      idempotencyKey,
    };
  }

  /**
   * Create any number of notifications, each accepted or refused on its own.
   *
   * They are sent in parts of up to 500, and of no more bytes than a call may have. Each part has a key of its own, made
   * of the key and of where it begins; indexes and fields in the results are those of the whole.
   *
   * Throws `PartialBatchError` if a part fails after others were done.
   */
  async createBatch(
    notifications: readonly CreateNotification[],
    options: CreateOptions = {},
  ): Promise<CreatedBatch> {
    const key = sendableKey(options.idempotencyKey ?? newKey());
    const results: BatchResult[] = [];
    for (const { first, part } of parts(notifications)) {
      try {
        results.push(
          ...(await this.#createPart(part, first, first === 0 ? key : `${key}/${first}`, options)),
        );
      } catch (error) {
        if (!(error instanceof WaveComError)) throw error;
        error.idempotencyKey = key;
        if (first === 0) throw error;
        const text = `${results.length} of ${notifications.length} are done, and then: ${error.message}`;
        throw new PartialBatchError(text, { results, idempotencyKey: key, cause: error });
      }
    }
    return {
      results,
      accepted: results.filter((each) => each.status === 201),
      refused: results.filter((each) => each.status !== 201),
      idempotencyKey: key,
    };
  }

  /** Get a notification with its audit trail. */
  async get(id: string, options: CallOptions = {}): Promise<NotificationDetail> {
    const path = { notification_id: segment(id) };
    return takeData(
      this.#api.raw.GET('/api/notifications/{notification_id}', { params: { path }, ...ending(options) }),
    );
  }

  /** List notifications, the newest first. */
  list({ pageSize = 100, since, until, signal, ...filter }: NotificationFilter = {}): Pages<Notification> {
    const times = {
      ...(since === undefined ? {} : { since: moment(since) }),
      ...(until === undefined ? {} : { until: moment(until) }),
    };
    return new Pages(async (cursor) => {
      const query = { ...filter, ...times, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
      const call = this.#api.raw.GET('/api/notifications', {
        params: { query },
        ...ending({ signal }),
      });
      const { notifications, pagination } = await takeData(call);
      return { items: notifications, nextCursor: pagination.nextCursor };
    });
  }

  /** Cancel a notification that is not being sent yet. Throws `ConflictError` if it is, or was. */
  async cancel(id: string, options: CallOptions = {}): Promise<Notification> {
    const path = { notification_id: segment(id) };
    return takeData(
      this.#api.raw.POST('/api/notifications/{notification_id}/cancel', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  /** Send a failed notification again. Throws `ConflictError` if it is not FAILED. */
  async retry(id: string, options: CallOptions = {}): Promise<Notification> {
    const path = { notification_id: segment(id) };
    return takeData(
      this.#api.raw.POST('/api/notifications/{notification_id}/retry', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  async #createPart(part: CreateNotification[], first: number, key: string, options: CreateOptions) {
    const call = this.#api.raw.POST('/api/notifications/batch', {
      body: { notifications: part },
      ...withKey(key, options),
    });
    const { results } = await takeData(call, key);
    if (results.length !== part.length || results.some((each, index) => each.index !== index)) {
      throw new UnexpectedAnswerError('The answer has other results than the batch has notifications');
    }
    return results.map((each) => ofWhole(each, first));
  }
}

/** Yield the parts of a batch that fit in a call each, and the index at which each begins. */
export function* parts(
  notifications: readonly CreateNotification[],
): Generator<{ first: number; part: CreateNotification[] }> {
  const encoder = new TextEncoder();
  let [first, size] = [0, WRAPPING_BYTES];
  let part: CreateNotification[] = [];
  for (const [index, notification] of notifications.entries()) {
    const more = encoder.encode(JSON.stringify(notification)).length + 1;
    if (part.length === BATCH_MAX || (part.length > 0 && size + more > BODY_MAX_BYTES)) {
      yield { first, part };
      [first, part, size] = [index, [], WRAPPING_BYTES];
    }
    part.push(notification);
    size += more;
  }
  if (part.length > 0) yield { first, part };
}

/** Return a result with the index and the fields of the whole batch. */
function ofWhole(result: BatchResult, first: number): BatchResult {
  const index = first + result.index;
  if (!result.error) return { ...result, index };
  const before = `notifications[${result.index}]`;
  const details = result.error.details.map((each) =>
    each.field.startsWith(before)
      ? { ...each, field: `notifications[${index}]${each.field.slice(before.length)}` }
      : each,
  );
  return { ...result, index, error: { ...result.error, details } };
}
