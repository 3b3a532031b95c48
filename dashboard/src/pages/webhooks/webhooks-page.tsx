import { Plus, Webhook } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { endpointsQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { useLive } from '@/api/use-live';
import { counted } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { EndpointDialog } from './endpoint-dialog';
import { EndpointState } from './endpoint-state';
import { SecretDialog } from './secret-dialog';

export function WebhooksPage() {
  const { data, error, refetch } = useLive(endpointsQuery);
  const [open, setOpen] = useState<'new' | Endpoint | null>(null);
  const make = () => {
    setOpen('new');
  };
  const close = () => {
    setOpen(null);
  };
  return (
    <>
      <PageHeader
        title="Webhooks"
        lead="Where your systems are told what became of notifications."
        actions={
          <Button variant="primary" onClick={make}>
            <Plus aria-hidden className="size-4" />
            New endpoint
          </Button>
        }
      />
      <Card title="All endpoints">
        {data === undefined ? (
          error ? (
            <ErrorNotice what="The endpoints" error={error} onRetry={refetch} />
          ) : (
            <SkeletonRows rows={4} label="Loading endpoints" />
          )
        ) : data.length === 0 ? (
          <Empty icon={Webhook} title="No endpoints yet">
            <p>
              An endpoint is an address of your system that is called when a notification was sent, delivered
              or has failed. Each call is signed, and tried again until it succeeds.
            </p>
            <Button variant="quiet" className="mt-2" onClick={make}>
              Make an endpoint
            </Button>
          </Empty>
        ) : (
          <ul aria-label="Endpoints" className="divide-y divide-line">
            {data.map((each) => (
              <Row key={each.id} endpoint={each} />
            ))}
          </ul>
        )}
      </Card>
      {open === 'new' && <EndpointDialog endpoint={undefined} onDone={setOpen} onClose={close} />}
      {open !== null && open !== 'new' && (
        <SecretDialog title="The endpoint is made" secret={open.secret ?? ''} onClose={close}>
          Events are sent to it from five seconds after. Send it a test on its page.
        </SecretDialog>
      )}
    </>
  );
}

function Row({ endpoint }: { endpoint: Endpoint }) {
  const { id, url, description, types } = endpoint;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1.5 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-64">
        <Link
          to={`/webhooks/${id}`}
          className="block rounded font-medium wrap-anywhere text-accent hover:underline"
        >
          {url}
        </Link>
        {description !== null && <span className="block text-sm wrap-anywhere">{description}</span>}
        <span className="block text-xs wrap-anywhere text-muted" title={types.join(', ')}>
          {types.length > 3 ? counted(types.length, 'event type') : types.join(', ')}
        </span>
      </div>
      <EndpointState endpoint={endpoint} />
    </li>
  );
}
