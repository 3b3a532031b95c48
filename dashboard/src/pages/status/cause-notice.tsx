import type { Notification } from '@/api/types';
import { CAUSES } from '@/lib/vocabulary';
import { Notice } from '@/ui/notice';

/** The cause of a failure with advice, or the reason for non-delivery. */
export function CauseNotice({ notification: { status, cause, error } }: { notification: Notification }) {
  if (status === 'UNDELIVERED') {
    return (
      <Notice tone="bad" title="The provider reports that it did not arrive">
        {error}
      </Notice>
    );
  }
  if (status !== 'FAILED' || cause === undefined) return null;
  const { label, meaning, advice } = CAUSES[cause];
  return (
    <Notice tone="bad" title={label}>
      <p>{meaning}</p>
      <p className="mt-1">{advice}</p>
      {error !== undefined && <p className="mt-1 text-muted">{error}</p>}
    </Notice>
  );
}
