import { useMutation, useQueryClient } from '@tanstack/react-query';
import { removeSender } from '@/api/actions';
import { sendersQuery } from '@/api/queries';
import type { Sender } from '@/api/types';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';

interface RemoveDialogProps {
  sender: Sender;
  onClose: () => void;
}

export function RemoveDialog({ sender, onClose }: RemoveDialogProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeSender(sender.id),
    onSuccess: async () => {
      await queries.invalidateQueries(sendersQuery);
      onClose();
    },
  });
  return (
    <Dialog title={`Remove ${sender.id}?`} onClose={onClose}>
      <p className="mb-4 text-sm text-muted">
        No notification can come from it any more. Those that were accepted with it are still sent as it.
        {sender.isDefault && ' Those that name no sender come from their provider’s own then.'}
      </p>
      {remove.error && (
        <div className="mb-4">
          <ErrorNotice what="The sender" error={remove.error} />
        </div>
      )}
      <div className="flex flex-wrap gap-3">
        <Button
          variant="danger"
          pending={remove.isPending}
          onClick={() => {
            remove.mutate();
          }}
        >
          Remove it
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  );
}
