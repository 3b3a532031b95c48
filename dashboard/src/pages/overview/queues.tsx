import { Link } from 'react-router';
import type { Statistics } from '@/api/types';
import type { Live } from '@/api/use-live';
import { count } from '@/lib/numbers';
import { QUEUES } from '@/lib/vocabulary';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { Notice } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';

export function Queues({ statistics }: { statistics: Live<Statistics> }) {
  const depths = statistics.data?.queueDepth;
  return (
    <Card title="Queues">
      {depths === null ? (
        <Notice tone="bad" title="The broker does not answer">
          Notifications are still accepted and stored. They are queued when it is back.
        </Notice>
      ) : statistics.data === undefined && statistics.error ? (
        <ErrorNotice what="The queues" error={statistics.error} />
      ) : (
        <ul className="space-y-5">
          {QUEUES.map((queue) => (
            <Queue key={queue.name} {...queue} depth={depths?.[queue.name]} />
          ))}
        </ul>
      )}
    </Card>
  );
}

interface QueueProps {
  label: string;
  /** The depth at which an alarm goes off; none for queues whose messages wait on purpose. */
  alarmAbove: number | null;
  to?: string;
  depth: number | undefined;
}

function Queue({ label, alarmAbove, to, depth }: QueueProps) {
  const alarming = alarmAbove !== null && depth !== undefined && depth > alarmAbove;
  return (
    <li>
      <div className="flex items-baseline justify-between gap-3 text-sm">
        {to === undefined ? (
          <span>{label}</span>
        ) : (
          <Link
            to={to}
            className="rounded underline decoration-line underline-offset-4 hover:decoration-current"
          >
            {label}
          </Link>
        )}
        <span className={`font-medium tabular-nums ${alarming ? 'text-bad' : ''}`}>
          {depth === undefined ? <Skeleton className="h-4 w-10" /> : count(depth)}
        </span>
      </div>
      {alarmAbove !== null && (
        <>
          <progress
            value={Math.min(depth ?? 0, alarmAbove)}
            max={alarmAbove}
            aria-label={`${label}, of the depth that raises an alarm`}
            className={`meter mt-1.5 ${alarming ? 'meter-bad' : ''}`}
          />
          <p className={`text-xs ${alarming ? 'text-bad' : 'text-muted'}`}>
            {alarming ? 'Above' : 'Alarm above'} {count(alarmAbove)}
          </p>
        </>
      )}
    </li>
  );
}
