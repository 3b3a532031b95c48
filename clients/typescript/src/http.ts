/** Requests with their attempts, waits and time limits. */

import { errorOf, failureOf, isSuccess, mayHelp, RETRIES, waitAfter } from './retries.js';
import type { Answer, Result, Retries } from './retries.js';
import { VERSION } from './version.js';

export interface WaveComOptions {
  /** Where the API is: https://wavecom.example.com */
  baseUrl: string;
  apiKey?: string | undefined;
  /** The longest that one attempt takes, 35 seconds unless you say otherwise. */
  timeoutMs?: number;
  retries?: Partial<Retries>;
  /** Send the key over plain HTTP also to other machines, on a private network. */
  allowPlainHttp?: boolean;
  /** In place of the global one: for proxies, certificates of your own, and tests. */
  fetch?: typeof globalThis.fetch;
  /** Time and chance, for tests. */
  runtime?: Partial<Runtime>;
}

/** Time and chance. */
export interface Runtime {
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  chance: () => number;
}

/** A request whose body can be sent again. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Headers;
  body: ArrayBuffer | Uint8Array<ArrayBuffer> | undefined;
}

export interface CallOptions {
  /** Ends the call, its waits and its retries; it throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface AttemptOptions extends CallOptions {
  repeatable: boolean;
  timeoutMs?: number;
}

const PRINTABLE = /^[\x21-\x7e]{1,255}$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** One API at one address, with a key. */
export class Http {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly retries: Retries;
  readonly runtime: Runtime;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Record<string, string>;

  /** Throws `TypeError` for an address or a key that cannot be used. */
  constructor(options: WaveComOptions) {
    const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
      throw new TypeError('The base URL looks like https://wavecom.example.com');
    }
    const { apiKey, allowPlainHttp = false } = options;
    if (apiKey !== undefined && !PRINTABLE.test(apiKey)) {
      throw new TypeError(
        'The API key is empty, or has characters that no key has, such as a line break at its end',
      );
    }
    if (apiKey !== undefined && url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && !allowPlainHttp) {
      throw new TypeError(
        'An API key must not travel unencrypted: use https, or allowPlainHttp on a private network',
      );
    }
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#headers = {
      Accept: 'application/json',
      ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
      ...(isBrowser() ? {} : { 'User-Agent': `wavecom-client-typescript/${VERSION}` }),
    };
    this.timeoutMs = options.timeoutMs ?? 35_000;
    this.retries = { ...RETRIES, ...options.retries };
    this.runtime = { now: () => performance.now(), sleep, chance: Math.random, ...options.runtime };
    this.#fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  }

  /** The headers of each call, with the key: private, so that a client that is logged does not show it. */
  get headers(): Record<string, string> {
    return this.#headers;
  }

  /** Make a request, again where that is safe and may help, and return the successful answer. */
  async attempts(outgoing: Outgoing, options: AttemptOptions): Promise<Answer> {
    const { now, chance, sleep } = this.runtime;
    const { attempts, deadlineMs, longestWaitMs } = this.retries;
    const ends = now() + deadlineMs;
    for (let failures = 1; ; failures++) {
      const timeoutMs = Math.min(options.timeoutMs ?? this.timeoutMs, Math.max(ends - now(), 1));
      const result = await this.once(outgoing, { ...options, timeoutMs });
      if (isSuccess(result)) return result;
      const wait = waitAfter(result, failures, this.retries, chance());
      const again = failures < attempts && mayHelp(result, options.repeatable);
      if (!again || wait > longestWaitMs || now() + wait >= ends) throw errorOf(result);
      await sleep(wait, options.signal);
    }
  }

  /** Make a request once. Throws only if its signal ends it. */
  async once(outgoing: Outgoing, { timeoutMs = this.timeoutMs, signal }: AttemptOptions): Promise<Result> {
    signal?.throwIfAborted();
    const controller = new AbortController();
    let timedOut = false;
    const end = () => {
      controller.abort();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
    signal?.addEventListener('abort', end);
    try {
      return await Promise.race([this.#answer(outgoing, controller.signal), rejection(controller.signal)]);
    } catch (error) {
      signal?.throwIfAborted();
      return failureOf(error, new URL(outgoing.url).origin, timedOut);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  async #answer(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const response = await this.#fetch(outgoing.url, {
      method: outgoing.method,
      headers: outgoing.headers,
      body: outgoing.body ?? null,
      redirect: 'manual',
      signal,
    });
    const content = await response.arrayBuffer();
    return { kind: 'answer', status: response.status, headers: response.headers, content };
  }
}

/** Reject when a signal ends: `fetch` itself does not always, for example while it decompresses what is no gzip. */
async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('The request was ended', 'AbortError'));
    });
  });
}

/** Return an idempotency key that nobody else has. */
export function newKey(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(octets, (each) => each.toString(16).padStart(2, '0')).join('');
}

/** Return an idempotency key. Throws `TypeError` if it is not one that fits in a header. */
export function sendableKey(key: string): string {
  if (!PRINTABLE.test(key)) {
    throw new TypeError('An idempotency key has 1 to 255 characters of ASCII, without spaces');
  }
  return key;
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
  signal?.throwIfAborted();
}

/** A browser names itself, and would ask the API for leave to send another name. */
function isBrowser(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node === undefined;
}
