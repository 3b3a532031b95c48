import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { retryDelivery } from '@/api/actions';
import { deliveryQuery } from '@/api/queries';
import type { Endpoint, ShownDelivery, WebhookAttempt } from '@/api/types';
import { useLive } from '@/api/use-live';
import { useNow } from '@/hooks/use-now';
import { countdown, duration } from '@/lib/times';
import { DELIVERY_STATUSES } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { SkeletonRows } from '@/ui/skeleton';

interface DeliveryDetailProps {
  endpoint: Endpoint;
  eventId: string;
}

/** A delivery as it goes on: its attempts with what the endpoint answered, and what was sent. */
export function DeliveryDetail({ endpoint, eventId }: DeliveryDetailProps) {
  const queries = useQueryClient();
  const { data, error, refetch } = useLive(deliveryQuery(endpoint.id, eventId));
  const retry = useMutation({
    mutationFn: () => retryDelivery(endpoint.id, eventId),
    // Also after a refusal: most often an attempt has begun meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks', endpoint.id] }),
  });
  if (data === undefined) {
    return error ? (
      <ErrorNotice what="The delivery" error={error} onRetry={refetch} />
    ) : (
      <SkeletonRows rows={2} label="Loading the delivery" />
    );
  }
  return (
    <div className="space-y-3 rounded-lg border border-line p-3 text-sm">
      <div role="status" className="flex flex-wrap items-center gap-2">
        <DeliveryBadge status={data.status} />
        <Progress delivery={data} />
      </div>
      {data.attemptCount > data.attempts.length && (
        <p className="text-xs text-muted">
          The latest {data.attempts.length} of {data.attemptCount} attempts:
        </p>
      )}
      <ol aria-label="Attempts" className="divide-y divide-line">
        {data.attempts.map((attempt, index) => (
          <Attempt
            // It has no id of its own.
            key={attempt.at}
            number={data.attemptCount - data.attempts.length + index + 1}
            attempt={attempt}
          />
        ))}
      </ol>
      <Payload payload={data.payload} />
      {retry.error && <ErrorNotice what="The retry" error={retry.error} />}
      {endpoint.enabled && (
        <Button
          pending={retry.isPending}
          onClick={() => {
            retry.mutate();
          }}
        >
          <RotateCcw aria-hidden className="size-4" />
          {data.status === 'succeeded' ? 'Send it again' : 'Retry now'}
        </Button>
      )}
    </div>
  );
}

export function DeliveryBadge({ status }: Pick<ShownDelivery, 'status'>) {
  const { label, tone, meaning } = DELIVERY_STATUSES[status];
  return (
    <Badge tone={tone} title={meaning}>
      {label}
    </Badge>
  );
}

function Progress({ delivery }: { delivery: ShownDelivery }) {
  const now = useNow();
  const { status, attemptCount, nextAttemptAt } = delivery;
  if (status !== 'pending') {
    return (
      <span className="text-muted">
        after {attemptCount === 1 ? 'one attempt' : `${attemptCount} attempts`}
      </span>
    );
  }
  if (nextAttemptAt === null || Date.parse(nextAttemptAt) <= now) {
    return <span className="text-muted">{attemptCount === 0 ? 'on its way' : 'next attempt now'}</span>;
  }
  return (
    <span className="text-muted tabular-nums">
      {attemptCount === 0 ? 'first attempt' : 'next attempt'} in {countdown(Date.parse(nextAttemptAt), now)}
    </span>
  );
}

const isGood = (status: number | null) => status !== null && status >= 200 && status < 300;

function Attempt({ number, attempt }: { number: number; attempt: WebhookAttempt }) {
  const { at, durationMs, status, answer, error } = attempt;
  return (
    <li className="space-y-1.5 py-2 first:pt-0">
      <p className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="text-xs text-muted tabular-nums">
          {number}. <Moment at={at} /> · took {duration(durationMs)}
        </span>
        <Badge tone={isGood(status) ? 'good' : 'bad'}>{status ?? 'No answer'}</Badge>
      </p>
      {error !== null && <p className="wrap-anywhere text-bad">{error}</p>}
      {answer !== null && answer !== '' && <Text label={`Answer of attempt ${number}`}>{answer}</Text>}
    </li>
  );
}

function Payload({ payload }: Pick<ShownDelivery, 'payload'>) {
  return (
    <div>
      <p className="mb-1 text-xs font-medium text-muted">Payload, without metadata</p>
      {payload === null ? (
        <p className="text-muted">The event is no longer kept.</p>
      ) : (
        <Text label="Payload">{indented(payload)}</Text>
      )}
    </div>
  );
}

/** JSON over several lines; other text as it is. */
function indented(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}

/** What came from or went to another system: shown as text, whatever it is. */
function Text({ label, children }: { label: string; children: string }) {
  return (
    <div
      role="region"
      aria-label={label}
      tabIndex={0}
      className="max-h-64 overflow-auto rounded-lg bg-raised p-3 text-xs"
    >
      <pre className="whitespace-pre-wrap wrap-anywhere">{children}</pre>
    </div>
  );
}
