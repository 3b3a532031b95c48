import { ChevronDown, ChevronRight, Webhook } from 'lucide-react';
import { useId } from 'react';
import { useNavigate } from 'react-router';
import { ApiError } from '@/api/errors';
import { deliveriesQuery } from '@/api/queries';
import type { Delivery, DeliveryStatus, Endpoint } from '@/api/types';
import { useLive } from '@/api/use-live';
import { useAddress } from '@/hooks/use-address';
import { duration } from '@/lib/times';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { SkeletonRows } from '@/ui/skeleton';
import { DeliveryBadge, DeliveryDetail } from './delivery-detail';

const FILTERS: readonly { status: DeliveryStatus | undefined; label: string }[] = [
  { status: undefined, label: 'All' },
  { status: 'failed', label: 'Failed' },
  { status: 'pending', label: 'Waiting' },
];

/** Deliveries, newest first. Filter, page and the one that is open are in the address. */
export function Deliveries({ endpoint }: { endpoint: Endpoint }) {
  const [parameters, changeAddress] = useAddress();
  const navigate = useNavigate();
  const status = FILTERS.find((each) => each.status === parameters.get('status'))?.status;
  const cursor = parameters.get('cursor') ?? undefined;
  const openId = parameters.get('event');
  const { data, error, isPlaceholderData, refetch } = useLive(
    deliveriesQuery(endpoint.id, { status, cursor }),
  );
  const change = (changes: Record<string, string | undefined>) => {
    changeAddress(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === undefined) after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { preventScrollReset: true },
    );
  };
  const next = data?.nextCursor ?? null;
  return (
    <Card
      title="Deliveries"
      aside={
        <div role="group" aria-label="Which deliveries" className="flex">
          {FILTERS.map((each) => (
            <Button
              key={each.label}
              variant="quiet"
              aria-pressed={each.status === status}
              className="aria-pressed:bg-accent-soft"
              onClick={() => {
                change({ status: each.status, cursor: undefined, event: undefined });
              }}
            >
              {each.label}
            </Button>
          ))}
        </div>
      }
    >
      <div aria-busy={isPlaceholderData} className={isPlaceholderData ? 'opacity-60' : ''}>
        {data === undefined ? (
          error ? (
            <ErrorNotice what="The deliveries" error={error} onRetry={refetch} />
          ) : (
            <SkeletonRows rows={6} label="Loading deliveries" />
          )
        ) : data.deliveries.length === 0 ? (
          <Empty icon={Webhook} title={status === undefined ? 'No deliveries yet' : 'No such deliveries'}>
            {status === undefined
              ? 'Send a test, or wait for the first event. Deliveries are kept for 15 days.'
              : 'Nothing is in this state at present.'}
          </Empty>
        ) : (
          <ul aria-label="Deliveries" className="divide-y divide-line">
            {data.deliveries.map((each) => (
              <Row
                key={each.eventId}
                endpoint={endpoint}
                delivery={each}
                isOpen={each.eventId === openId}
                onToggle={(isOpen) => {
                  change({ event: isOpen ? each.eventId : undefined });
                }}
              />
            ))}
          </ul>
        )}
        {data !== undefined && error instanceof ApiError && (
          <div className="mt-4">
            <ErrorNotice what="The deliveries" error={error} onRetry={refetch} />
          </div>
        )}
      </div>
      {data !== undefined && (cursor !== undefined || next !== null) && (
        <nav
          aria-label="Pages of the deliveries"
          className="mt-4 flex flex-wrap justify-between gap-2 border-t border-line pt-4"
        >
          <div className="flex gap-2">
            <Button
              disabled={cursor === undefined}
              onClick={() => {
                change({ cursor: undefined, event: undefined });
              }}
            >
              Newest
            </Button>
            <Button disabled={cursor === undefined} onClick={() => void navigate(-1)}>
              Back
            </Button>
          </div>
          <Button
            disabled={next === null}
            onClick={() => {
              if (next !== null) change({ cursor: next, event: undefined });
            }}
          >
            Older
          </Button>
        </nav>
      )}
    </Card>
  );
}

interface RowProps {
  endpoint: Endpoint;
  delivery: Delivery;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
}

function Row({ endpoint, delivery, isOpen, onToggle }: RowProps) {
  const id = useId();
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="py-1 first:pt-0 last:pb-0">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => {
          onToggle(!isOpen);
        }}
        className="flex w-full items-start gap-2 rounded-lg py-2 text-left hover:bg-raised"
      >
        <Chevron aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
        <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
          <span className="min-w-0 flex-1 basis-full sm:basis-48">
            <span className="block text-sm font-medium wrap-anywhere">{delivery.eventType}</span>
            <code className="block text-xs break-all text-muted">{delivery.eventId}</code>
          </span>
          <span className="text-xs wrap-anywhere text-muted">{lastOf(delivery)}</span>
          <DeliveryBadge status={delivery.status} />
          <span className="text-xs text-muted">
            <Moment at={delivery.createdAt} ago />
          </span>
        </span>
      </button>
      {isOpen && (
        <div id={id} className="mt-1 mb-2 sm:ml-6">
          <DeliveryDetail endpoint={endpoint} eventId={delivery.eventId} />
        </div>
      )}
    </li>
  );
}

/** The number of attempts, and what became of the last one. */
function lastOf({ attemptCount, attempts }: Delivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return 'no attempt yet';
  const outcome = `${last.status ?? last.error ?? 'no answer'} in ${duration(last.durationMs)}`;
  return attemptCount === 1 ? outcome : `attempt ${attemptCount}: ${outcome}`;
}
