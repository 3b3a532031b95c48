import { vi } from 'vitest';

export interface Call {
  method: string;
  /** With its query. */
  path: string;
  headers: Headers;
  body: unknown;
}

type Answer = Response | Promise<Response>;
type Handler = (call: Call, nth: number) => Answer;

/**
 * Stands in for the API: answers by "METHOD /path" and keeps what it was asked. What nobody has foreseen is a network
 * error, as if the API could not be reached.
 */
export function fakeApi(handlers: Record<string, Handler>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const call = {
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: text === '' ? null : (JSON.parse(text) as unknown),
    };
    const name = `${call.method} ${pathname}`;
    const handler = handlers[name];
    calls.push(call);
    if (handler === undefined) throw new TypeError('fetch failed');
    const nth = calls.filter((each) => `${each.method} ${each.path.split('?')[0] ?? ''}` === name).length;
    return handler(call, nth);
  });
  return calls;
}

export function ok(data: unknown, status = 200): Response {
  return Response.json({ success: true, data, message: 'Done' }, { status });
}

export function refused(
  status: number,
  code: string,
  details: { field: string; message: string }[] = [],
  headers: Record<string, string> = {},
): Response {
  const error = { code, message: `It said ${code}`, details };
  return Response.json({ success: false, error, requestId: 'request-1' }, { status, headers });
}
