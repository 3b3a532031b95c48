import type { ReactNode } from 'react';
import type { Notification } from '@/api/types';
import { useNow } from '@/hooks/use-now';
import { countdown } from '@/lib/times';
import { isUnfinished, RETRY_DELAYS_SECONDS } from '@/lib/vocabulary';
import { Moment } from '@/ui/moment';

/** The planned steps: the schedule or the next retry with a countdown, the retries after it, and the deadline. */
export function Upcoming({ notification }: { notification: Notification }) {
  const { status, nextAttemptAt, scheduledAt, expiresAt, retryCount, maxRetries } = notification;
  const later = RETRY_DELAYS_SECONDS.slice(retryCount, maxRetries);
  return (
    <>
      {status === 'PENDING' && scheduledAt !== undefined && <Planned title="To be queued" at={scheduledAt} />}
      {status === 'RETRYING' && nextAttemptAt !== undefined && (
        <Planned title={`Attempt ${retryCount + 1} of ${maxRetries + 1}`} at={nextAttemptAt}>
          {later.length > 0
            ? `If that is refused as well: again after ${later.join(' s, ')} s.`
            : 'The last one; if refused, it becomes a dead letter.'}
        </Planned>
      )}
      {isUnfinished(status) && expiresAt !== undefined && (
        <Planned title="Expires" at={expiresAt}>
          If not sent by then, it expires.
        </Planned>
      )}
    </>
  );
}

function Planned({ title, at, children }: { title: string; at: string; children?: ReactNode }) {
  const left = countdown(Date.parse(at), useNow());
  return (
    <li className="relative border-l-2 border-dashed border-line pb-5 pl-6 last:border-transparent last:pb-0">
      <span
        aria-hidden
        className="absolute top-1 -left-[0.4375rem] size-3 rounded-full border-2 border-muted bg-surface ring-4 ring-surface"
      />
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p className="font-medium">{title}</p>
        <p className="text-xs text-muted">
          <Moment at={at} />
        </p>
      </div>
      <p role="timer" className="text-sm tabular-nums">
        {left === 'now' ? 'any moment now' : `in ${left}`}
      </p>
      {children !== undefined && <p className="text-sm text-muted">{children}</p>}
    </li>
  );
}
