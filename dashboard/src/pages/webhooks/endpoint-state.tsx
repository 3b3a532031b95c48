import type { Endpoint } from '@/api/types';
import { useNow } from '@/hooks/use-now';
import { exactInBoth, roughSpan } from '@/lib/times';
import { DISABLED_REASONS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';

/** Whether an endpoint gets anything, since when it has been failing, and whether a recovery is under way. */
export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  const { enabled, disabledReason, failingSince, recovering } = endpoint;
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      {disabledReason !== null ? (
        <Badge
          tone={disabledReason === 'byClient' ? 'neutral' : 'bad'}
          title={DISABLED_REASONS[disabledReason].meaning}
        >
          {DISABLED_REASONS[disabledReason].label}
        </Badge>
      ) : (
        enabled && failingSince === null && <Badge tone="good">Enabled</Badge>
      )}
      {failingSince !== null && (
        <Badge
          tone={enabled ? 'warn' : 'neutral'}
          title={`The first failure after its last success: ${exactInBoth(Date.parse(failingSince))}`}
        >
          Failing for <Span since={failingSince} />
        </Badge>
      )}
      {recovering && <Badge tone="active">Recovering</Badge>}
    </span>
  );
}

function Span({ since }: { since: string }) {
  return roughSpan(Math.max(0, useNow() - Date.parse(since)) / 1000);
}
