import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { testEndpoint } from '@/api/actions';
import { endpointsQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { DeliveryDetail } from './delivery-detail';

interface TestDialogProps {
  endpoint: Endpoint;
  onClose: () => void;
}

/** Sends an endpoint a test, and shows what it answers. */
export function TestDialog({ endpoint, onClose }: TestDialogProps) {
  const queries = useQueryClient();
  const [eventId, setEventId] = useState<string | null>(null);
  const test = useMutation({ mutationFn: () => testEndpoint(endpoint.id), onSuccess: setEventId });
  const close = () => {
    void queries.invalidateQueries(endpointsQuery);
    onClose();
  };
  return (
    <Dialog title="Send a test" onClose={close}>
      <p className="mb-4 text-sm text-muted">
        An event of the type <code>endpoint.test</code> goes to{' '}
        <span className="wrap-anywhere">{endpoint.url}</span>, signed and tried again like any other.
      </p>
      {eventId !== null && (
        <div className="mb-4">
          <DeliveryDetail endpoint={endpoint} eventId={eventId} />
        </div>
      )}
      {test.error && (
        <div className="mb-4">
          <ErrorNotice what="The test" error={test.error} />
        </div>
      )}
      <div className="flex flex-wrap gap-3">
        {eventId === null && (
          <Button
            variant="primary"
            pending={test.isPending}
            onClick={() => {
              test.mutate();
            }}
          >
            Send it
          </Button>
        )}
        <Button onClick={close}>{eventId === null ? 'Cancel' : 'Close'}</Button>
      </div>
    </Dialog>
  );
}
