import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { ErrorNotice } from './error-notice';

interface ConfirmDialogProps {
  title: string;
  /** What the action is about, as the notice of an error names it. */
  what: string;
  label: string;
  action: () => Promise<unknown>;
  onDone: () => Promise<unknown>;
  onClose: () => void;
  /** What the action leads to. */
  children: ReactNode;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, what, label, action, onDone, onClose, children }: ConfirmDialogProps) {
  const confirmed = useMutation({
    mutationFn: action,
    onSuccess: async () => {
      await onDone();
      onClose();
    },
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-4 text-sm text-muted">{children}</p>
      {confirmed.error && (
        <div className="mb-4">
          <ErrorNotice what={what} error={confirmed.error} />
        </div>
      )}
      <div className="flex flex-wrap gap-3">
        <Button
          variant="danger"
          pending={confirmed.isPending}
          onClick={() => {
            confirmed.mutate();
          }}
        >
          {label}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  );
}
