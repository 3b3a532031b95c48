import { lazy, Suspense } from 'react';
import type { Minutes } from '@/api/types';
import type { Live } from '@/api/use-live';
import { count } from '@/lib/numbers';
import { minuteTime } from '@/lib/times';
import { usePreferences } from '@/stores/preferences';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { PartBoundary } from '@/ui/part-boundary';
import { Skeleton } from '@/ui/skeleton';
import { lastHour, OUTCOMES_SHOWN } from './minutes';

/** The chart's library is half of all JavaScript here, so the figures come first. */
const ThroughputChart = lazy(async () => ({ default: (await import('./throughput-chart')).ThroughputChart }));

export function Throughput({ minutes }: { minutes: Live<Minutes> }) {
  const timeZone = usePreferences((preferences) => preferences.timeZone);
  const rows = minutes.data && lastHour(minutes.data.minutes, minutes.dataUpdatedAt);
  const place = <Skeleton className="h-64" />;
  return (
    <Card title="Per minute, last hour" aside={<Legend />}>
      {rows === undefined && minutes.error ? (
        <ErrorNotice what="The chart" error={minutes.error} />
      ) : (
        <div className="h-64">
          <PartBoundary what="The chart">
            <Suspense fallback={place}>
              {rows ? <ThroughputChart rows={rows} timeZone={timeZone} /> : place}
            </Suspense>
          </PartBoundary>
        </div>
      )}
      {rows && (
        <details className="mt-3 text-sm">
          <summary className="w-fit rounded text-muted">As a table</summary>
          <div
            className="mt-2 max-h-64 overflow-auto"
            role="region"
            aria-label="Per minute, last hour, as a table"
            tabIndex={0}
          >
            <table className="w-full text-right tabular-nums">
              <thead className="sticky top-0 bg-surface">
                <tr>
                  <th scope="col" className="py-1 text-left font-medium">
                    Minute
                  </th>
                  {OUTCOMES_SHOWN.map(({ name, label }) => (
                    <th key={name} scope="col" className="py-1 pl-3 font-medium">
                      {label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.toReversed().map((row) => (
                  <tr key={row.minute} className="border-t border-line">
                    <th scope="row" className="py-1 text-left font-normal">
                      {minuteTime(row.minute, timeZone)}
                    </th>
                    {OUTCOMES_SHOWN.map(({ name }) => (
                      <td key={name} className="py-1 pl-3">
                        {count(row[name])}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </Card>
  );
}

function Legend() {
  return (
    <ul className="flex gap-4 text-xs text-muted">
      {OUTCOMES_SHOWN.map(({ name, label, dot }) => (
        <li key={name} className="flex items-center gap-1.5">
          <span aria-hidden className={`size-2.5 rounded-sm ${dot}`} />
          {label}
        </li>
      ))}
    </ul>
  );
}
