import { useNow } from '@/hooks/use-now';
import { clockTime, relative } from '@/lib/times';
import { useConnection } from '@/stores/connection';
import { usePreferences } from '@/stores/preferences';

/** When the last good answer came, so that nobody takes old figures for new ones. */
export function Freshness() {
  const lastAnswerAt = useConnection((connection) => connection.lastAnswerAt);
  const lost = useConnection((connection) => connection.lostAt !== null);
  const timeZone = usePreferences((preferences) => preferences.timeZone);
  const now = useNow();
  return (
    <p className="flex items-center gap-2 text-xs text-muted tabular-nums lg:mt-auto lg:px-3">
      <span aria-hidden className={`size-2 shrink-0 rounded-full ${lost ? 'bg-bad' : 'bg-good'}`} />
      {lastAnswerAt === null ? (
        'No answer yet'
      ) : (
        <span title={`Last good answer of the API: ${clockTime(lastAnswerAt, timeZone)}`}>
          <span className="max-sm:hidden">Updated </span>
          {relative(Math.min(lastAnswerAt, now), now)}
        </span>
      )}
    </p>
  );
}
