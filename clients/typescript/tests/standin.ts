/** A stand-in for the API, on a real socket, that counts what it stores and does wrong what a test tells it to. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach } from 'vitest';

import { WaveCom } from '../src/index.js';
import type { CreateNotification, Runtime, WaveComOptions } from '../src/index.js';

export const KEY = 'wc_live_key';
export const EMAIL: CreateNotification = {
  type: 'EMAIL',
  recipient: 'ada@example.com',
  subject: 'Hello',
  message: 'Hello Ada',
};
const PAGE = 2;

/** A fault that one request meets with. `does` says whether it has its effect all the same. */
export interface Fault {
  does?: boolean;
  late?: boolean;
  cut?: boolean;
  slow?: boolean;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

export const NONE: Fault = { does: true };
/** Answered only after the client has given up. */
export const LATE: Fault = { does: true, late: true };
export const CUT: Fault = { does: true, cut: true };
export const CUT_BEFORE: Fault = { cut: true };
/** The answer of API Gateway to readers beyond `feedReserved`: neither the API's form nor a Retry-After. */
export const THROTTLED: Fault = { status: 503, body: '{"message":"Service Unavailable"}' };
export const GARBAGE: Fault = { status: 200, body: '<html>Welcome to the hotel</html>' };

/** Return an error in the form of the API. */
export function refusal(
  status: number,
  code: string,
  retryAfter?: string,
  fields: Record<string, string> = {},
): Fault {
  const details = Object.entries(fields).map(([field, message]) => ({ field, message }));
  return {
    status,
    headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter },
    body: JSON.stringify({
      success: false,
      error: { code, message: 'No', details },
      requestId: 'request-1',
    }),
  };
}

/** A request that arrived. */
export interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  content: Buffer;
  key: string | undefined;
}

type Outcome = [status: number, body: unknown, headers?: Record<string, string>];
type Item = Record<string, unknown>;

/** The state of the stand-in. */
export class StandIn {
  faults: Fault[] = [];
  calls: Call[] = [];
  stored: Item[] = [];
  events: unknown[] = [];
  files: Buffer[] = [];
  /** The data of answers, by method and path, in place of the usual ones. */
  answers: Record<string, unknown> = {};
  url = '';
  readonly #byKey = new Map<string, Outcome>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  get keys(): (string | undefined)[] {
    return this.calls.map((call) => call.key);
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const key = request.headers['idempotency-key'];
    const call: Call = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      content: await buffer(request),
      key: typeof key === 'string' ? key : undefined,
    };
    this.calls.push(call);
    const fault = this.faults.shift() ?? NONE;
    const [status, body, headers] = fault.does
      ? this.#do(call)
      : [fault.status ?? 200, fault.body ?? '', fault.headers];
    if (fault.late) await once(response, 'close');
    if (fault.cut) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, headers);
    if (fault.slow) {
      const timer = setInterval(() => response.write('{'), 100);
      response.on('close', () => {
        clearInterval(timer);
      });
      return;
    }
    response.end(fault.does ? JSON.stringify(body) : body);
  }

  #do(call: Call): Outcome {
    switch (`${call.method} ${call.path}`) {
      case 'POST /api/notifications':
        return this.#once(call, () => [201, this.#create(json(call) as Item)]);
      case 'POST /api/notifications/batch':
        return this.#once(call, () => [
          207,
          this.#createBatch((json(call) as { notifications: Item[] }).notifications),
        ]);
      case 'GET /api/notifications':
        return this.#page(Number(call.query.cursor ?? 0));
      case 'GET /api/events':
        return this.#events(Number(call.query.after ?? 0), Number(call.query.limit));
      case 'POST /api/attachments': {
        const upload = { method: 'PUT', url: `${this.url}/bucket/1`, headers: { 'X-Token': 'once' } };
        return [201, { success: true, data: { id: '1', upload } }];
      }
      case 'PUT /bucket/1':
        this.files.push(call.content);
        return [200, null];
      default: {
        const { method, path } = call;
        const data =
          `${method} ${path}` in this.answers ? this.answers[`${method} ${path}`] : { method, path };
        return [200, { success: true, data }];
      }
    }
  }

  #once(call: Call, act: () => Outcome): Outcome {
    const known = this.#byKey.get(call.key ?? '');
    const [status, data] = known ?? act();
    if (call.key !== undefined) this.#byKey.set(call.key, [status, data]);
    return [
      status,
      { success: true, data, message: 'Done' },
      known ? { 'Idempotency-Replayed': 'true' } : {},
    ];
  }

  #create(body: Item): Item {
    const stored = { ...body, _id: String(this.stored.length).padStart(24, '0') };
    this.stored.push(stored);
    return stored;
  }

  #createBatch(bodies: Item[]): Item {
    const results = bodies.map((body, index) => {
      if (body.recipient !== 'nobody') return { index, status: 201, data: this.#create(body) };
      const details = [{ field: `notifications[${index}].recipient`, message: 'no' }];
      return { index, status: 422, error: { code: 'VALIDATION_FAILED', message: 'No', details } };
    });
    return { accepted: 0, refused: 0, results };
  }

  #page(first: number): Outcome {
    const nextCursor = first + PAGE < this.stored.length ? String(first + PAGE) : null;
    const notifications = this.stored.slice(first, first + PAGE);
    return [200, { success: true, data: { notifications, pagination: { currentPage: 1, nextCursor } } }];
  }

  #events(first: number, limit: number): Outcome {
    const events = this.events.slice(first, first + limit);
    return [200, { success: true, data: { events, nextCursor: String(first + events.length) } }];
  }
}

export function json(call: Call): unknown {
  return JSON.parse(call.content.toString()) as unknown;
}

/** Have a stand-in for each test, and clients of it whose waits take no time. */
export function useStandIn() {
  const use = {
    standin: new StandIn(),
    waits: [] as number[],
    client: (options: Partial<WaveComOptions> = {}): WaveCom => {
      const runtime: Partial<Runtime> = {
        now: () => performance.now() + use.waits.reduce((sum, each) => sum + each, 0),
        sleep: (ms) => {
          use.waits.push(ms);
          return Promise.resolve();
        },
      };
      const timeoutMs = use.standin.faults.some((each) => each.late) ? 500 : 20_000;
      return new WaveCom({ baseUrl: use.standin.url, apiKey: KEY, timeoutMs, runtime, ...options });
    },
  };
  beforeEach(async () => {
    use.standin = new StandIn();
    use.waits = [];
    await use.standin.start();
  });
  afterEach(async () => {
    await use.standin.stop();
  });
  return use;
}

/** Return the first items of an iterable. */
export async function first<T>(items: AsyncIterable<T>, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
    if (found.length >= most) break;
  }
  return found;
}
