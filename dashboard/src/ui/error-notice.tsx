import { ApiError, UnreachableError } from '@/api/errors';
import { Button } from './button';
import { Notice } from './notice';

interface Advice {
  title: string;
  advice: string;
}

/** The error and advice in plain words. `what` completes "… could not be loaded". */
export function adviceOn(error: unknown, what: string): Advice {
  if (error instanceof UnreachableError) {
    return {
      title: `${what}: no answer from the API`,
      advice: 'Check that it runs and that this machine can reach it.',
    };
  }
  if (!(error instanceof ApiError)) {
    return {
      title: `${what}: error in the page`,
      advice: 'Reload it. If that does not help, report the message in the browser console.',
    };
  }
  switch (error.status) {
    case 401:
      return { title: 'The API asks for a key', advice: 'Enter one under Settings.' };
    case 403:
      return { title: 'This key may not do that', advice: error.message };
    case 404:
      return {
        title: `${what}: not found`,
        advice: 'It does not exist, is older than the retention, or belongs to another tenant.',
      };
    case 409:
      return { title: 'Its status does not allow that any more', advice: error.message };
    case 422:
      return {
        title: 'The API refused the input',
        advice: error.details.map((each) => `${each.field} ${each.message}`).join('; ') || error.message,
      };
    case 429:
      return {
        title: 'Too many requests for this key',
        advice: `Try again in ${error.retryAfterSeconds ?? 5} s.`,
      };
    case 503:
      return {
        title: 'The service is overloaded or a part of it is down',
        advice: `${error.message}. Try again in ${error.retryAfterSeconds ?? 5} s.`,
      };
    default:
      return { title: `${what}: error ${error.status}`, advice: error.message };
  }
}

interface ErrorNoticeProps {
  error: unknown;
  /** The name of what could not be loaded, as the start of a sentence: "The list". */
  what: string;
  onRetry?: (() => void) | undefined;
}

export function ErrorNotice({ error, what, onRetry }: ErrorNoticeProps) {
  const { title, advice } = adviceOn(error, what);
  return (
    <Notice
      tone="bad"
      role="alert"
      title={title}
      actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      <p>{advice}</p>
      {error instanceof ApiError && error.requestId !== undefined && (
        <p className="mt-1 text-xs">
          Request <code className="break-all">{error.requestId}</code>
        </p>
      )}
    </Notice>
  );
}
