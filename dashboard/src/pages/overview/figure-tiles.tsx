import { CircleCheck, Inbox, Layers, Timer, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Minutes, Statistics } from '@/api/types';
import type { Live } from '@/api/use-live';
import { count, percent } from '@/lib/numbers';
import { duration } from '@/lib/times';
import { UNFINISHED } from '@/lib/vocabulary';
import { ErrorNotice } from '@/ui/error-notice';
import { Skeleton } from '@/ui/skeleton';

interface FigureTilesProps {
  statistics: Live<Statistics>;
  minutes: Live<Minutes>;
}

export function FigureTiles({ statistics, minutes }: FigureTilesProps) {
  const { data } = statistics;
  if (data === undefined && statistics.error)
    return <ErrorNotice what="The statistics" error={statistics.error} />;
  const inFlight = data && UNFINISHED.reduce((sum, status) => sum + (data.byStatus[status] ?? 0), 0);
  const dead = data?.byStatus.FAILED ?? 0;
  const times = minutes.data?.processingTimeMs;
  return (
    <div className="grid grid-cols-2 gap-3 sm:gap-4 xl:grid-cols-4">
      <Tile icon={CircleCheck} label="Accepted" value={data && count(data.total)}>
        {data && `${percent(data.successRate)} sent`}
      </Tile>
      <Tile icon={Layers} label="In flight" value={inFlight === undefined ? undefined : count(inFlight)}>
        {data && `${count(data.byStatus.RETRYING ?? 0)} waiting for a retry`}
      </Tile>
      <Tile icon={Inbox} label="Dead letters" value={data && count(dead)} bad={dead > 0}>
        {data && (dead > 0 ? 'waiting for a decision' : 'nothing to decide')}
      </Tile>
      <Tile
        icon={Timer}
        label="Processing, p99"
        value={times && (times.p99 === null ? '—' : duration(times.p99))}
      >
        {times && (times.p50 === null ? 'nothing sent in the last hour' : <Percentiles {...times} />)}
      </Tile>
    </div>
  );
}

function Percentiles({ p50, p95 }: { p50: number | null; p95: number | null }) {
  return `p50 ${duration(p50 ?? 0)} · p95 ${duration(p95 ?? 0)}`;
}

interface TileProps {
  icon: LucideIcon;
  label: string;
  /** Undefined while it is loaded. */
  value: string | undefined;
  bad?: boolean;
  children: ReactNode;
}

function Tile({ icon: Icon, label, value, bad = false, children }: TileProps) {
  return (
    <div className="min-w-0 rounded-xl border border-line bg-surface p-4 sm:p-5">
      <p className="flex items-start justify-between gap-2 text-sm text-muted">
        {label}
        <Icon aria-hidden className="size-4.5 shrink-0" strokeWidth={1.75} />
      </p>
      <p className={`mt-1 h-9 text-2xl font-semibold tracking-tight tabular-nums ${bad ? 'text-bad' : ''}`}>
        {value ?? <Skeleton className="h-8 w-24" />}
      </p>
      <p className="min-h-5 text-xs text-muted tabular-nums">{children}</p>
    </div>
  );
}
