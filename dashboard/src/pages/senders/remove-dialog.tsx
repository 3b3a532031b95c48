import { useQueryClient } from '@tanstack/react-query';
import { removeSender } from '@/api/actions';
import { sendersQuery } from '@/api/queries';
import type { Sender } from '@/api/types';
import { ConfirmDialog } from '@/ui/confirm-dialog';

interface RemoveDialogProps {
  sender: Sender;
  onClose: () => void;
}

export function RemoveDialog({ sender, onClose }: RemoveDialogProps) {
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title={`Remove ${sender.id}?`}
      what="The sender"
      label="Remove it"
      action={() => removeSender(sender.id)}
      onDone={() => queries.invalidateQueries(sendersQuery)}
      onClose={onClose}
    >
      No notification can come from it any more. Those that were accepted with it are still sent as it.
      {sender.isDefault && ' Those that name no sender come from their provider’s own then.'}
    </ConfirmDialog>
  );
}
