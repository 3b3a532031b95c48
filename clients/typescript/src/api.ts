/** Calls of the contract, by path: what they take and return has the types of docs/openapi.json. */

import createClient from 'openapi-fetch';
import type { Client } from 'openapi-fetch';

import { UnexpectedAnswerError, WaveComError } from './errors.js';
import { sendableKey } from './http.js';
import type { CallOptions, Http } from './http.js';
import { asObject } from './retries.js';
import type { paths } from './schema.js';

export type Raw = Client<paths, 'application/json'>;
type Fetch = (request: Request) => Promise<Response>;

/** A call that creates. */
export interface CreateOptions extends CallOptions {
  /** A repeated call with the same key creates nothing more. Without one the call gets one of its own. */
  idempotencyKey?: string | undefined;
}

/** The API: `raw` makes calls, and `take` says what came of them. */
export class Api {
  readonly http: Http;
  /** All operations of the contract, with the same retries; refusals are thrown. */
  readonly raw: Raw;

  constructor(http: Http) {
    this.http = http;
    this.raw = createClient<paths, 'application/json'>({
      baseUrl: http.baseUrl,
      headers: http.headers,
      fetch: this.#fetch(false),
    });
  }

  /** Return the options of a call that reads only, though its method does not say so. */
  reading({ signal }: CallOptions): { fetch: Fetch; signal?: AbortSignal } {
    return { fetch: this.#fetch(true), ...(signal ? { signal } : {}) };
  }

  #fetch(repeatable: boolean): Fetch {
    return async (request) => {
      const key = request.headers.get('idempotency-key');
      const body =
        request.method === 'GET' || request.method === 'HEAD' ? undefined : await request.arrayBuffer();
      const answer = await this.http.attempts(
        { method: request.method, url: request.url, headers: request.headers, body },
        { repeatable: repeatable || request.method === 'GET' || key !== null, signal: request.signal },
      );
      const hasBody = answer.content.byteLength > 0;
      return new Response(hasBody ? answer.content : null, {
        status: answer.status,
        headers: answer.headers,
      });
    };
  }
}

/** What the resources have in common. */
export class Resource {
  protected readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }
}

/** Return the options that carry a key in a call. */
export function withKey(key: string, { signal }: CallOptions) {
  return {
    params: { header: { 'idempotency-key': sendableKey(key) } },
    ...(signal ? { signal } : {}),
  };
}

/** Return the options that carry a signal. */
export function ending({ signal }: CallOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/** Return the body of an answer and the answer. Throws `WaveComError`, with the key of the call. */
export async function take<T>(
  call: Promise<{ data?: T; response: Response }>,
  idempotencyKey?: string,
): Promise<{ body: T; response: Response }> {
  try {
    const { data, response } = await call.catch((error: unknown) => {
      throw error instanceof SyntaxError ? notOurs(error) : error;
    });
    if (data === undefined || asObject(data)?.success !== true) throw notOurs();
    return { body: data, response };
  } catch (error) {
    if (error instanceof WaveComError) error.idempotencyKey = idempotencyKey;
    throw error;
  }
}

/** Return the `data` of an answer. Throws `WaveComError`. */
export async function takeData<T>(
  call: Promise<{ data?: { data: T }; response: Response }>,
  idempotencyKey?: string,
): Promise<T> {
  const { body } = await take(call, idempotencyKey);
  const { data } = body as { data?: T | null };
  if (data === undefined || data === null) throw notOurs();
  return data;
}

/** Return an id as it goes into a path. Throws `TypeError` for what would be another path. */
export function segment(id: string): string {
  if (['', '.', '..'].includes(id)) throw new TypeError('An id is needed');
  return id;
}

/** Return a moment as text (RFC 3339). */
export function moment(when: Date | string): string {
  return typeof when === 'string' ? when : when.toISOString();
}

function notOurs(cause?: unknown): UnexpectedAnswerError {
  return new UnexpectedAnswerError("The answer is not WaveCom's; is the base URL that of its API?", {
    cause,
  });
}
