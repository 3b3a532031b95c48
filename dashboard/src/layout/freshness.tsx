import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useNow } from '@/hooks/use-now';
import { clockTime, relative } from '@/lib/times';
import { useConnection } from '@/stores/connection';
import { usePreferences } from '@/stores/preferences';

/** Older than this, what should be new every few seconds is not. */
const OLD_MS = 20_000;

/** How old the page is, so that nobody takes old figures for new ones: as old as the oldest of its live queries. */
export function Freshness() {
  const queries = useQueryClient();
  const lost = useConnection((connection) => connection.lostAt !== null);
  const timeZone = usePreferences((preferences) => preferences.timeZone);
  const now = useNow();
  const updatedAt = oldest(queries);
  if (updatedAt === null) return <p className="h-4 lg:mt-auto" />;
  const dot = lost ? 'bg-bad' : now - updatedAt > OLD_MS ? 'bg-warn' : 'bg-good';
  return (
    <p className="flex items-center gap-2 text-xs text-muted tabular-nums lg:mt-auto lg:px-3">
      <span aria-hidden className={`size-2 shrink-0 rounded-full ${dot}`} />
      <span title={`Last good answer of the API: ${clockTime(updatedAt, timeZone)}`}>
        <span className="max-sm:hidden">Updated </span>
        {relative(Math.min(updatedAt, now), now)}
      </span>
    </p>
  );
}

/** When the oldest data on the page that should be live came; null where there is none. */
function oldest(queries: QueryClient): number | null {
  const live = queries.getQueryCache().findAll({
    type: 'active',
    predicate: ({ meta, state }) => meta?.live === true && state.data !== undefined,
  });
  return live.length === 0 ? null : Math.min(...live.map(({ state }) => state.dataUpdatedAt));
}
