import type { ErrorEnvelope, FieldError } from './types';

/** The API answered with an error. `retryAfterSeconds` is set where it said when to come back. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly details: readonly FieldError[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, envelope: ErrorEnvelope) {
    super(envelope.error.message);
    this.status = response.status;
    this.code = envelope.error.code;
    this.details = envelope.error.details;
    this.requestId = envelope.requestId;
    this.retryAfterSeconds = retryAfterSeconds(response.headers);
  }

  /** True if a repetition after a wait may succeed: 429 and 503. */
  get isTemporary(): boolean {
    return this.status === 429 || this.status === 503;
  }
}

/** No answer, or one that does not come from the API. The request may or may not have been executed. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(cause?: unknown) {
    super('The API cannot be reached', { cause });
  }
}

export function isErrorEnvelope(body: unknown): body is ErrorEnvelope {
  return typeof body === 'object' && body !== null && 'error' in body && 'requestId' in body;
}

/** What the API says about the fields of a form, by their names; errors inside of a field are the field's. */
export function errorsOfFields<Form extends object>(
  error: unknown,
  form: Form,
): { name: keyof Form; message: string }[] {
  if (!(error instanceof ApiError)) return [];
  return error.details.flatMap(({ field, message }) => {
    const name = field.split(/[.[]/)[0] ?? '';
    return name in form ? [{ name: name as keyof Form, message }] : [];
  });
}

/** Whether the fields of a form show all that the API says. */
export function isOnFields(error: unknown, form: object): boolean {
  return (
    error instanceof ApiError &&
    error.details.length > 0 &&
    errorsOfFields(error, form).length === error.details.length
  );
}

/** The wait in seconds that an error asks for; undefined if it asks for none. */
export function waitAfter(error: unknown): number | undefined {
  return error instanceof ApiError && error.isTemporary ? (error.retryAfterSeconds ?? 5) : undefined;
}

/** Retry-After in whole seconds or as a date (RFC 9110, section 10.2.3), at most an hour. */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('Retry-After');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : undefined;
}
