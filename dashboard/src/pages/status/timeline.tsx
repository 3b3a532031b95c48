import type { AuditEntry, Notification } from '@/api/types';
import { duration } from '@/lib/times';
import { STATUSES } from '@/lib/vocabulary';
import { Moment } from '@/ui/moment';
import { Upcoming } from './upcoming';

const DOTS = {
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  active: 'bg-active',
  neutral: 'bg-neutral',
};

interface TimelineProps {
  notification: Notification;
  logs: readonly AuditEntry[];
}

/** The audit trail, oldest first, with the time between the steps, and what is still to come. */
export function Timeline({ notification, logs }: TimelineProps) {
  return (
    <ol aria-label="Timeline">
      {logs.map((entry, index) => (
        <Step key={entry.sequence} entry={entry} previous={logs[index - 1]} />
      ))}
      <Upcoming notification={notification} />
    </ol>
  );
}

function Step({ entry, previous }: { entry: AuditEntry; previous: AuditEntry | undefined }) {
  const { label, tone } = STATUSES[entry.status];
  const facts = Object.entries(entry.metadata).filter(([, value]) => typeof value !== 'object');
  return (
    <li className="relative border-l-2 border-line pb-5 pl-6 last:border-transparent last:pb-0">
      <span
        aria-hidden
        className={`absolute top-1 -left-[0.4375rem] size-3 rounded-full ring-4 ring-surface ${DOTS[tone]}`}
      />
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p className="font-medium">{label}</p>
        <p className="text-xs text-muted tabular-nums">
          {previous && (
            <span className="mr-3">
              +{duration(Math.max(0, Date.parse(entry.timestamp) - Date.parse(previous.timestamp)))}
            </span>
          )}
          <Moment at={entry.timestamp} />
        </p>
      </div>
      <p className="text-sm break-words text-muted">{entry.message}</p>
      {facts.length > 0 && (
        <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
          {facts.map(([name, value]) => (
            <div key={name} className="flex min-w-0 gap-1.5">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 break-all">{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
