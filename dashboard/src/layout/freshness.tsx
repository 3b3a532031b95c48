import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useNow } from '@/hooks/use-now';
import { clockTime, relative } from '@/lib/times';
import { useConnection } from '@/stores/connection';
import { usePreferences } from '@/stores/preferences';

/** The age from which data counts as old: while nothing happens, the feed has it refreshed every 20 seconds. */
const OLD_MS = 30_000;

/** The age of the page, which is that of its oldest live query, so that old figures are not mistaken for new ones. */
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

/** The time of the oldest live data on the page; null if there is none. */
function oldest(queries: QueryClient): number | null {
  const live = queries.getQueryCache().findAll({
    type: 'active',
    predicate: ({ meta, state }) => meta?.live === true && state.data !== undefined,
  });
  return live.length === 0 ? null : Math.min(...live.map(({ state }) => state.dataUpdatedAt));
}
