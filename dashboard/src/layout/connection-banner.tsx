import { useQuery } from '@tanstack/react-query';
import { WifiOff } from 'lucide-react';
import { checkConnection } from '@/api/actions';
import { clockTime } from '@/lib/times';
import { useConnection } from '@/stores/connection';
import { usePreferences } from '@/stores/preferences';

const TRY_AGAIN_EVERY_MS = 3000;

/** Shows that the API cannot be reached, and since when; disappears when it answers again. */
export function ConnectionBanner() {
  const { lostAt, lastAnswerAt } = useConnection();
  const timeZone = usePreferences((preferences) => preferences.timeZone);
  // Pages without queries would not notice that the API is back.
  useQuery({
    queryKey: ['connection'],
    queryFn: async () => {
      await checkConnection();
      return true;
    },
    enabled: lostAt !== null,
    refetchInterval: TRY_AGAIN_EVERY_MS,
  });
  return (
    <div role="alert">
      {lostAt !== null && (
        <div className="flex items-start gap-3 border-b border-bad bg-bad-soft px-4 py-3 text-bad sm:px-6 lg:px-8">
          <WifiOff aria-hidden className="mt-0.5 size-5 shrink-0" />
          <div>
            <p className="font-medium">The API cannot be reached since {clockTime(lostAt, timeZone)}</p>
            <p className="text-sm text-ink">
              {lastAnswerAt === null
                ? 'Nothing has been loaded yet.'
                : `The data shown is from ${clockTime(lastAnswerAt, timeZone)}.`}{' '}
              Trying again every {TRY_AGAIN_EVERY_MS / 1000} s.
            </p>
          </div>
        </div>
      )}
    </div>
  );
}
