import createClient from 'openapi-fetch';
import { useConnection } from '@/stores/connection';
import { useSession } from '@/stores/session';
import { ApiError, isErrorEnvelope, UnreachableError } from './errors';
import type { paths } from './schema';

const TIMEOUT_MS = 15_000;

/** The API of the origin that serves the dashboard. The session's key goes into the header, and nowhere else. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // A server that hangs counts as unreachable; without a limit the page would wait indefinitely.
  fetch: (request) =>
    globalThis.fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
});

api.use({
  onRequest({ request }) {
    const { apiKey } = useSession.getState();
    if (apiKey !== null) request.headers.set('Authorization', `Bearer ${apiKey}`);
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * Returns the body of a good answer. Throws `ApiError` or `UnreachableError`, and notes whether the API could be
 * reached and whether it took the key.
 */
export async function answerOf<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await reach(pending);
  if (data !== undefined) {
    useConnection.getState().answered();
    return data;
  }
  if (!isErrorEnvelope(error)) {
    useConnection.getState().lost();
    throw new UnreachableError(error);
  }
  useConnection.getState().reached();
  const failure = new ApiError(response, error);
  if (failure.status === 401) useSession.getState().refuse();
  throw failure;
}

/** The answer, good or bad. Throws `UnreachableError` where there is none, and passes on an abort. */
export async function reach<A>(pending: Promise<A>): Promise<A> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    useConnection.getState().lost();
    throw new UnreachableError(error);
  }
}
