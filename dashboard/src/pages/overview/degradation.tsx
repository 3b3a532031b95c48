import { ApiError } from '@/api/errors';
import type { Minutes } from '@/api/types';
import type { Live } from '@/api/use-live';
import { LEVELS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';

/** The degradation level. From level 3 on statistics are refused, and only the refusal shows the level. */
export function Degradation({ minutes: { data, error } }: { minutes: Live<Minutes> }) {
  const overloaded = error instanceof ApiError && error.code === 'OVERLOADED';
  const level = overloaded ? LEVELS[3] : data && LEVELS[data.degradationLevel];
  return (
    <span className="flex min-h-6 flex-wrap items-center gap-2">
      {level && (
        <>
          <Badge tone={level.tone}>
            {overloaded
              ? 'Level 3 or 4 · Overloaded'
              : `Level ${data?.degradationLevel ?? ''} · ${level.label}`}
          </Badge>
          {level.meaning}
        </>
      )}
    </span>
  );
}
