import { Link } from 'react-router';
import type { ReplayResult } from '@/api/types';
import { count } from '@/lib/numbers';
import { REPLAY_RESULTS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';

const SHOWN = 500;

export function ReplayResults({ results }: { results: readonly ReplayResult[] }) {
  if (results.length === 0) return null;
  return (
    <div
      role="region"
      aria-label="Results"
      tabIndex={0}
      className="max-h-60 overflow-y-auto rounded-lg border border-line"
    >
      <ul className="divide-y divide-line">
        {results.slice(0, SHOWN).map(({ id, result }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-2 px-3 py-2 text-sm">
            <Link
              to={`/status/${id}`}
              className="rounded font-mono text-xs break-all text-accent hover:underline"
            >
              {id}
            </Link>
            <Badge tone={REPLAY_RESULTS[result].tone} title={REPLAY_RESULTS[result].meaning}>
              {REPLAY_RESULTS[result].label}
            </Badge>
          </li>
        ))}
      </ul>
      {results.length > SHOWN && (
        <p className="border-t border-line px-3 py-2 text-xs text-muted">
          and {count(results.length - SHOWN)} more
        </p>
      )}
    </div>
  );
}
