import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { changeEndpoint, removeEndpoint, rotateSecret } from '@/api/actions';
import { endpointsQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { Button } from '@/ui/button';
import { ConfirmDialog } from '@/ui/confirm-dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { EndpointDialog } from './endpoint-dialog';
import { RecoverDialog } from './recover-dialog';
import { SecretDialog } from './secret-dialog';
import { TestDialog } from './test-dialog';

type Open = 'test' | 'recover' | 'change' | 'rotate' | 'remove' | { secret: string };

/** What can be done with an endpoint; one that is disabled is neither tested nor recovered. */
export function EndpointActions({ endpoint }: { endpoint: Endpoint }) {
  const { id, enabled, url } = endpoint;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => {
    setOpen(null);
  };
  const refresh = () => queries.invalidateQueries(endpointsQuery);
  const enable = useMutation({
    mutationFn: () => changeEndpoint(id, { enabled: !enabled }),
    onSuccess: refresh,
  });
  const opener = (which: Open) => () => {
    setOpen(which);
  };
  return (
    <>
      {enabled && (
        <>
          <Button variant="primary" onClick={opener('test')}>
            Send a test
          </Button>
          <Button onClick={opener('recover')}>Recover …</Button>
        </>
      )}
      <Button onClick={opener('change')}>Change</Button>
      <Button onClick={opener('rotate')}>Rotate secret</Button>
      <Button
        variant={enabled ? 'secondary' : 'primary'}
        pending={enable.isPending}
        onClick={() => {
          enable.mutate();
        }}
      >
        {enabled ? 'Disable' : 'Enable'}
      </Button>
      <Button variant="danger" onClick={opener('remove')}>
        Remove
      </Button>
      {enable.error && (
        <div className="basis-full">
          <ErrorNotice what="The endpoint" error={enable.error} />
        </div>
      )}
      {open === 'test' && <TestDialog endpoint={endpoint} onClose={close} />}
      {open === 'recover' && <RecoverDialog endpoint={endpoint} onClose={close} />}
      {open === 'change' && <EndpointDialog endpoint={endpoint} onDone={close} onClose={close} />}
      {open === 'rotate' && (
        <RotateDialog
          endpoint={endpoint}
          onRotated={(secret) => {
            setOpen({ secret });
          }}
          onClose={close}
        />
      )}
      {open === 'remove' && (
        <ConfirmDialog
          title="Remove the endpoint?"
          what="The endpoint"
          label="Remove it"
          action={() => removeEndpoint(id)}
          onDone={async () => {
            await navigate('/webhooks');
            queries.removeQueries({ queryKey: ['webhooks', id] });
          }}
          onClose={close}
        >
          Nothing more is sent to {url}, and its deliveries cannot be seen any more.
        </ConfirmDialog>
      )}
      {open !== null && typeof open === 'object' && (
        <SecretDialog title="The new secret" secret={open.secret} onClose={close}>
          For 24 hours everything is signed with the secret before as well, so that nothing is refused
          meanwhile.
        </SecretDialog>
      )}
    </>
  );
}

interface RotateDialogProps {
  endpoint: Endpoint;
  onRotated: (secret: string) => void;
  onClose: () => void;
}

function RotateDialog({ endpoint, onRotated, onClose }: RotateDialogProps) {
  const queries = useQueryClient();
  const secret = useRef('');
  return (
    <ConfirmDialog
      title="Rotate the secret?"
      what="The secret"
      label="Rotate it"
      action={async () => {
        secret.current = (await rotateSecret(endpoint.id)).secret ?? '';
      }}
      onDone={() => queries.invalidateQueries(endpointsQuery)}
      onClose={() => {
        if (secret.current === '') onClose();
        else onRotated(secret.current);
      }}
    >
      Everything is signed with a new secret, and for 24 hours with the present one too.
      {endpoint.oldSecretUntil !== null && ' The one before the present one ends at once.'}
    </ConfirmDialog>
  );
}
