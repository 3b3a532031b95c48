/** The event feed: pages of events, one after the other, by long polling, through whatever happens to the connection. */

import { UnexpectedAnswerError } from './errors.js';
import { eventOf } from './events.js';
import type { Event } from './events.js';
import type { CallOptions, Http } from './http.js';
import { asObject, errorOf, isSuccess, parsed, waitAfter } from './retries.js';
import type { Answer, Result } from './retries.js';
import type { EventType } from './types.js';

/** The longest that the API waits for an event. */
const WAIT_SECONDS = 20;
/** Statuses that a reader waits out. */
const PASSING = [429, 500, 502, 503, 504];
/** The least time between two polls where there is nothing new, for a server that does not wait as it is asked to. */
const LEAST_ROUND_MS = 1_000;

export interface FeedOptions extends CallOptions {
  /** The cursor of the last event that was handled; without it the feed begins at the oldest event that is kept. */
  after?: string | undefined;
  types?: readonly EventType[] | undefined;
  pageSize?: number;
  /** False ends the feed where there is nothing new. */
  follow?: boolean;
  /** For how long to try without an answer before it throws; for ever, unless you say otherwise. */
  patienceMs?: number;
}

/** Events, oldest first, and the `cursor` to go on from when all of them are handled. It may have none. */
export interface EventPage {
  events: Event[];
  cursor: string;
}

/**
 * The feed, read while you iterate over its events. Throws `CursorExpiredError`, and other kinds of `WaveComError` that
 * waiting does not help against.
 */
export class Events implements AsyncIterable<Event> {
  readonly #http: Http;
  readonly #options: FeedOptions;

  constructor(http: Http, options: FeedOptions) {
    this.#http = http;
    this.#options = options;
  }

  /** Yield whole pages, also those without events, whose cursor is newer. */
  async *pages(): AsyncGenerator<EventPage, void, void> {
    const { follow = true, signal } = this.#options;
    const { now, sleep } = this.#http.runtime;
    for (let cursor = this.#options.after; ;) {
      const started = now();
      const page = pageOf(await this.#answer(cursor));
      cursor = page.cursor;
      yield page;
      if (page.events.length > 0) continue;
      if (!follow) return;
      const left = LEAST_ROUND_MS - (now() - started);
      if (left > 0) await sleep(left, signal);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, void> {
    for await (const page of this.pages()) yield* page.events;
  }

  /** Ask until there is an answer. */
  async #answer(cursor: string | undefined): Promise<Answer> {
    const { follow = true, patienceMs = Number.POSITIVE_INFINITY, signal } = this.#options;
    const { runtime, retries, timeoutMs } = this.#http;
    const options = {
      repeatable: true,
      timeoutMs: timeoutMs + (follow ? WAIT_SECONDS * 1_000 : 0),
      ...(signal ? { signal } : {}),
    };
    const outgoing = {
      method: 'GET',
      url: this.#url(cursor),
      headers: new Headers(this.#http.headers),
      body: undefined,
    };
    const first = runtime.now();
    for (let failures = 1; ; failures++) {
      const result = await this.#http.once(outgoing, options);
      if (isSuccess(result)) return result;
      const wait = Math.min(waitAfter(result, failures, retries, runtime.chance()), retries.longestWaitMs);
      if (!passes(result) || runtime.now() + wait - first >= patienceMs) throw errorOf(result);
      await runtime.sleep(wait, signal);
    }
  }

  #url(cursor: string | undefined): string {
    const { types, pageSize = 100, follow = true } = this.#options;
    const query = new URLSearchParams({
      ...(cursor === undefined ? {} : { after: cursor }),
      ...(types === undefined ? {} : { types: types.join(',') }),
      limit: String(pageSize),
      wait: String(follow ? WAIT_SECONDS : 0),
    });
    return `${this.#http.baseUrl}/api/events?${query}`;
  }
}

/** Return the page that an answer holds. */
function pageOf(answer: Answer): EventPage {
  const body = asObject(parsed(new TextDecoder().decode(answer.content)));
  const data = body?.success === true ? asObject(body.data) : undefined;
  const cursor = data?.nextCursor;
  if (!data || typeof cursor !== 'string' || !Array.isArray(data.events)) {
    throw new UnexpectedAnswerError('The answer is not a page of events');
  }
  const bodies: unknown[] = data.events;
  const events = bodies.map((each) => {
    const event = eventOf(each);
    if (!event) throw new UnexpectedAnswerError('The answer has something else than events');
    return event;
  });
  return { events, cursor };
}

function passes(result: Result): boolean {
  return result.kind === 'failure' ? !result.lasting : PASSING.includes(result.status);
}
