/**
 * Attachments, suppressions, categories and preferences, dead letters and statistics. All methods throw `WaveComError`.
 */

import { ending, Resource, segment, take, takeData, withKey } from './api.js';
import type { CreateOptions } from './api.js';
import { UnexpectedAnswerError } from './errors.js';
import { newKey } from './http.js';
import type { CallOptions } from './http.js';
import { at, Pages } from './pages.js';
import type { ListOptions } from './pages.js';
import type {
  AddSuppression,
  Attachment,
  Category,
  Cause,
  Channel,
  ChoosePreferences,
  DeadLetterGroups,
  Notification,
  Preferences as RecipientPreferences,
  PutCategory,
  RecentMinutes,
  Replay,
  ReplayDeadLetters,
  Statistics,
  Suppression,
} from './types.js';

/** Files of emails: `client.attachments`. */
export class Attachments extends Resource {
  /**
   * Store a file that emails can carry, by the `id` of what is returned. `contentType` is like `application/pdf`.
   *
   * A second record of the same file, made where the first answer was lost, has no effect and is deleted after a day; so
   * this is repeated like a read.
   */
  async upload(
    filename: string,
    content: Uint8Array<ArrayBuffer>,
    contentType: string,
    options: CallOptions = {},
  ): Promise<Attachment> {
    const body = { filename, contentType, size: content.byteLength, sha256: await sha256(content) };
    const call = this.api.raw.POST('/api/attachments', { body, ...this.api.reading(options) });
    const { upload, ...attachment } = await takeData(call);
    if (!upload) throw new UnexpectedAnswerError('The answer does not say where to put the file');
    const { http } = this.api;
    await http.attempts(
      { method: upload.method, url: upload.url, headers: new Headers(upload.headers), body: content }, // and no API key
      { repeatable: true, timeoutMs: http.retries.deadlineMs, ...ending(options) },
    );
    return attachment;
  }

  /** Get a file's name, size and scan. */
  async get(id: string, options: CallOptions = {}): Promise<Attachment> {
    const path = { attachment_id: segment(id) };
    return takeData(
      this.api.raw.GET('/api/attachments/{attachment_id}', { params: { path }, ...ending(options) }),
    );
  }
}

export interface SuppressionFilter extends ListOptions {
  /** Looks one up; `type` is its channel. */
  recipient?: string;
  type?: Channel;
}

/** Addresses that nothing is sent to: `client.suppressions`. */
export class Suppressions extends Resource {
  /** List them. */
  list({ pageSize = 100, signal, ...filter }: SuppressionFilter = {}): Pages<Suppression> {
    return new Pages(async (cursor) => {
      const query = { ...filter, limit: pageSize, ...at(cursor) };
      const call = this.api.raw.GET('/api/suppressions', {
        params: { query },
        ...(signal ? { signal } : {}),
      });
      const data = await takeData(call);
      return { items: data.suppressions, nextCursor: data.nextCursor };
    });
  }

  /** Send nothing to an address any more. */
  async add(suppression: AddSuppression, options: CallOptions = {}): Promise<Suppression> {
    return takeData(this.api.raw.POST('/api/suppressions', { body: suppression, ...ending(options) }));
  }

  /** Allow an address again. */
  async remove(id: string, options: CallOptions = {}): Promise<void> {
    const path = { suppression_id: segment(id) };
    await take(
      this.api.raw.DELETE('/api/suppressions/{suppression_id}', { params: { path }, ...ending(options) }),
    );
  }
}

/** The kinds of your messages, which recipients may leave: `client.categories`. */
export class Categories extends Resource {
  /** List them, in the order of their ids. */
  list(options: CallOptions = {}): Pages<Category> {
    return new Pages(async () => ({
      items: await takeData(this.api.raw.GET('/api/categories', ending(options))),
      nextCursor: null,
    }));
  }

  /** Make or change a category. Throws `ConflictError` if there are too many. */
  async put(id: string, category: PutCategory, options: CallOptions = {}): Promise<Category> {
    const path = { category_id: segment(id) };
    return takeData(
      this.api.raw.PUT('/api/categories/{category_id}', {
        params: { path },
        body: category,
        ...ending(options),
      }),
    );
  }

  /** Accept nothing in a category any more. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const path = { category_id: segment(id) };
    await take(
      this.api.raw.DELETE('/api/categories/{category_id}', { params: { path }, ...ending(options) }),
    );
  }
}

/** The categories that recipients get: `client.preferences`. */
export class Preferences extends Resource {
  /** Get which categories a recipient gets over a channel. */
  async get(recipient: string, type: Channel, options: CallOptions = {}): Promise<RecipientPreferences> {
    const query = { recipient, type };
    return takeData(this.api.raw.GET('/api/preferences', { params: { query }, ...ending(options) }));
  }

  /** Change which categories a recipient gets; those that are not named stay as they are. */
  async update(preferences: ChoosePreferences, options: CallOptions = {}): Promise<RecipientPreferences> {
    return takeData(this.api.raw.PUT('/api/preferences', { body: preferences, ...ending(options) }));
  }
}

export interface DeadLetterFilter extends ListOptions {
  cause?: Cause;
  provider?: string;
  /** Like 2026-01-31 (UTC). */
  day?: string;
}

/** Notifications that failed: `client.deadLetters`. */
export class DeadLetters extends Resource {
  /** Count them by day, cause and provider. */
  async count(options: CallOptions = {}): Promise<DeadLetterGroups> {
    return takeData(this.api.raw.GET('/api/dlq', ending(options)));
  }

  /** List them, the latest failure first. */
  list({ pageSize = 100, signal, ...filter }: DeadLetterFilter = {}): Pages<Notification> {
    return new Pages(async (cursor) => {
      const query = { ...filter, limit: pageSize, ...at(cursor) };
      const call = this.api.raw.GET('/api/dlq/notifications', {
        params: { query },
        ...(signal ? { signal } : {}),
      });
      const data = await takeData(call);
      return { items: data.notifications, nextCursor: data.nextCursor };
    });
  }

  /** Send them again, up to 500 a call; `more` of the answer says that there are others. */
  async replay(replay: ReplayDeadLetters, options: CreateOptions = {}): Promise<Replay> {
    const key = options.idempotencyKey ?? newKey();
    return takeData(this.api.raw.POST('/api/dlq/replay', { body: replay, ...withKey(key, options) }), key);
  }
}

/** Statistics: `client.stats`. */
export class Stats extends Resource {
  /** Get sums over all notifications. */
  async system(options: CallOptions = {}): Promise<Statistics> {
    return takeData(this.api.raw.GET('/api/notifications/stats/system', ending(options)));
  }

  /** Get what happened in each of the last minutes, up to 60. */
  async minutes({ minutes, ...options }: CallOptions & { minutes?: number } = {}): Promise<RecentMinutes> {
    const query = minutes === undefined ? {} : { minutes };
    return takeData(
      this.api.raw.GET('/api/notifications/stats/minutes', { params: { query }, ...ending(options) }),
    );
  }
}

async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', content);
  return Array.from(new Uint8Array(digest), (each) => each.toString(16).padStart(2, '0')).join('');
}
