import { expect, it, vi } from 'vitest';
import { useConnection } from '@/stores/connection';
import { useSession } from '@/stores/session';
import { fakeApi, ok, refused } from '@/testing/api';
import { checkConnection } from './actions';
import { answerOf, api } from './client';
import { ApiError, retryAfterSeconds, UnreachableError } from './errors';

const policy = () => answerOf(api.GET('/api/policy'));

it('sends the key in the header and nowhere else', async () => {
  const calls = fakeApi({ 'GET /api/policy': () => ok({ onUnknown: 'hold' }) });
  useSession.getState().setApiKey('wc_secret');

  await policy();

  expect(calls[0]?.headers.get('Authorization')).toBe('Bearer wc_secret');
  expect(calls[0]?.path).toBe('/api/policy');
  expect(sessionStorage.length).toBe(1);
  expect(localStorage.length).toBe(0);
});

it('notes that a key is asked for, and that one is refused', async () => {
  fakeApi({ 'GET /api/policy': () => refused(401, 'UNAUTHENTICATED') });

  await expect(policy()).rejects.toThrow(ApiError);
  expect(useSession.getState().refused).toBe('missing');

  useSession.getState().setApiKey('wc_wrong');
  await expect(policy()).rejects.toThrow(ApiError);
  expect(useSession.getState().refused).toBe('invalid');
});

it('tells an API that says no from one that says nothing', async () => {
  fakeApi({ 'GET /api/policy': () => refused(503, 'UNAVAILABLE', [], { 'Retry-After': '7' }) });

  const error: unknown = await policy().catch((caught: unknown) => caught);

  expect(error).toMatchObject({
    status: 503,
    retryAfterSeconds: 7,
    isTemporary: true,
    requestId: 'request-1',
  });
  expect(useConnection.getState().lostAt).toBeNull();
  fakeApi({});
  await expect(policy()).rejects.toThrow(UnreachableError);
  expect(useConnection.getState().lostAt).not.toBeNull();
});

it('takes the error page of a proxy for no answer of the API', async () => {
  fakeApi({ 'GET /api/policy': () => new Response('<h1>Bad gateway</h1>', { status: 502 }) });

  await expect(policy()).rejects.toThrow(UnreachableError);
});

it('does not wait for ever for an API that is stuck', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(
    AbortSignal.abort(new DOMException('late', 'TimeoutError')),
  );
  vi.stubGlobal('fetch', (_: Request, { signal }: RequestInit) => Promise.reject(signal?.reason as Error));

  await expect(policy()).rejects.toThrow(UnreachableError);
  expect(useConnection.getState().lostAt).not.toBeNull();
});

it('counts an unhealthy API as reached', async () => {
  const sick = { status: 'unhealthy', timestamp: '', services: { mongodb: 'disconnected' }, uptime: 1 };
  fakeApi({ 'GET /api/health': () => Response.json(sick, { status: 503 }) });
  useConnection.getState().lost();

  await checkConnection();

  expect(useConnection.getState().lostAt).toBeNull();
});

it('reads both forms of Retry-After, and no nonsense', () => {
  const after = (value: string) => retryAfterSeconds(new Headers({ 'Retry-After': value }));

  expect(after('30')).toBe(30);
  expect(after('0')).toBe(1);
  expect(after('999999')).toBe(3600);
  expect(after(new Date(Date.now() + 10_000).toUTCString())).toBeGreaterThan(5);
  expect(after('soon')).toBeUndefined();
  expect(retryAfterSeconds(new Headers())).toBeUndefined();
});
