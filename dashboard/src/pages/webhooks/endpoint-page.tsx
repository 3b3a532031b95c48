import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { endpointQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { useLive } from '@/api/use-live';
import { DISABLED_REASONS } from '@/lib/vocabulary';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { Notice } from '@/ui/notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { Deliveries } from './deliveries';
import { EndpointActions } from './endpoint-actions';
import { EndpointState } from './endpoint-state';

export function EndpointPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useLive(endpointQuery(id));
  return (
    <>
      <PageHeader
        title="Endpoint"
        lead={data && <span className="wrap-anywhere">{data.url}</span>}
        actions={data && <EndpointActions key={id} endpoint={data} />}
      />
      {data === undefined ? (
        error ? (
          <ErrorNotice what="The endpoint" error={error} onRetry={refetch} />
        ) : (
          <SkeletonRows rows={6} label="Loading the endpoint" />
        )
      ) : (
        <div className="space-y-4 lg:space-y-5">
          {data.disabledReason !== null && (
            <Notice
              tone={data.disabledReason === 'byClient' ? 'neutral' : 'bad'}
              title="It is disabled: nothing is sent to it"
            >
              {DISABLED_REASONS[data.disabledReason].meaning} Enable it once it works again, then recover what
              it has missed.
            </Notice>
          )}
          <Facts endpoint={data} />
          <Deliveries key={id} endpoint={data} />
        </div>
      )}
    </>
  );
}

function Facts({ endpoint }: { endpoint: Endpoint }) {
  const { id, description, types, headers, metadata, oldSecretUntil, createdAt } = endpoint;
  return (
    <Card title="Details" aside={<EndpointState endpoint={endpoint} />}>
      <dl className="grid gap-x-6 gap-y-2 text-sm lg:grid-cols-2">
        {description !== null && <Fact label="Description">{description}</Fact>}
        <Fact label="Id">
          <code className="break-all">{id}</code>
        </Fact>
        <Fact label="Events">{types.join(', ')}</Fact>
        <Fact label="Headers">{headers.length === 0 ? 'none' : headers.join(', ')}</Fact>
        <Fact label="Metadata">{metadata ? 'sent with events' : 'not sent'}</Fact>
        {oldSecretUntil !== null && (
          <Fact label="Old secret">
            signs too until <Moment at={oldSecretUntil} />
          </Fact>
        )}
        <Fact label="Made">
          <Moment at={createdAt} />
        </Fact>
      </dl>
    </Card>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-3">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
