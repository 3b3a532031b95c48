import { useQuery } from '@tanstack/react-query';
import { AtSign, Plus } from 'lucide-react';
import { useState } from 'react';
import { sendersQuery } from '@/api/queries';
import type { Sender } from '@/api/types';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { RemoveDialog } from './remove-dialog';
import { SenderDialog } from './sender-dialog';
import { SenderTable } from './sender-table';

type Open = { action: 'make' } | { action: 'change' | 'remove'; sender: Sender };

export function SendersPage() {
  const { data, error, refetch } = useQuery(sendersQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => {
    setOpen(null);
  };
  return (
    <>
      <PageHeader
        title="Senders"
        lead="Who notifications come from. An operator changes them, in force within 30 s."
        actions={
          <Button
            variant="primary"
            onClick={() => {
              setOpen({ action: 'make' });
            }}
          >
            <Plus aria-hidden className="size-4" />
            New sender
          </Button>
        }
      />
      <Card title="All senders">
        {data === undefined ? (
          error ? (
            <ErrorNotice what="The senders" error={error} onRetry={() => void refetch()} />
          ) : (
            <SkeletonRows rows={4} label="Loading senders" />
          )
        ) : data.length === 0 ? (
          <Empty icon={AtSign} title="No senders yet">
            Notifications come from their provider’s own sender. To have them come from addresses of your own,
            make a sender here, or with <code>bin/wavecom senders put</code>.
          </Empty>
        ) : (
          <SenderTable
            senders={data}
            onChange={(sender) => {
              setOpen({ action: 'change', sender });
            }}
            onRemove={(sender) => {
              setOpen({ action: 'remove', sender });
            }}
          />
        )}
      </Card>
      {open?.action === 'remove' ? (
        <RemoveDialog sender={open.sender} onClose={close} />
      ) : (
        open !== null && (
          <SenderDialog
            sender={open.action === 'change' ? open.sender : undefined}
            taken={data?.map(({ id }) => id) ?? []}
            onClose={close}
          />
        )
      )}
    </>
  );
}
