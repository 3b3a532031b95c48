import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { cancelNotification, replayDeadLetters, retryNotification } from '@/api/actions';
import { notificationQuery } from '@/api/queries';
import type { Notification } from '@/api/types';
import { focusTitle } from '@/lib/focus';
import { randomKey } from '@/lib/random-key';
import { CAUSES, isCancellable } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';

type Open = 'cancel' | 'replay' | null;

/** The actions that its status allows. */
export function Actions({ notification }: { notification: Notification }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => {
    setOpen(null);
  };
  const queries = useQueryClient();
  const after = {
    onSuccess: () => {
      close();
      focusTitle();
    },
    // Also after a refusal: most often its status has changed meanwhile. Not waited for, so that the reason shows.
    onSettled: () => {
      void queries.invalidateQueries(notificationQuery(notification._id));
    },
  };
  const cancel = useMutation({ mutationFn: () => cancelNotification(notification._id), ...after });
  const retry = useMutation({ mutationFn: () => retryNotification(notification._id), ...after });
  return (
    <>
      {isCancellable(notification.status) && (
        <Button
          variant="danger"
          onClick={() => {
            setOpen('cancel');
          }}
        >
          <Ban aria-hidden className="size-4" />
          Cancel
        </Button>
      )}
      {notification.status === 'FAILED' && (
        <>
          <Button
            variant="primary"
            pending={retry.isPending}
            onClick={() => {
              retry.mutate();
            }}
          >
            <RotateCcw aria-hidden className="size-4" />
            Retry
          </Button>
          <Button
            onClick={() => {
              setOpen('replay');
            }}
          >
            Replay with a reason
          </Button>
        </>
      )}
      {retry.error && (
        <div className="basis-full">
          <ErrorNotice what="The retry" error={retry.error} />
        </div>
      )}
      {open === 'cancel' && (
        <Dialog title="Cancel this notification?" onClose={close}>
          <p className="text-sm">It will not be sent. That cannot be taken back.</p>
          {cancel.error && <ErrorNotice what="The cancellation" error={cancel.error} />}
          <div className="mt-5 flex justify-end gap-3">
            <Button onClick={close}>Keep it</Button>
            <Button
              variant="danger"
              pending={cancel.isPending}
              onClick={() => {
                cancel.mutate();
              }}
            >
              Cancel it
            </Button>
          </div>
        </Dialog>
      )}
      {open === 'replay' && <ReplayDialog notification={notification} onClose={close} />}
    </>
  );
}

function ReplayDialog({ notification, onClose }: { notification: Notification; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [key] = useState(randomKey);
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => replayDeadLetters({ ids: [notification._id], reason: reason.trim() }, key),
    onSuccess: onClose,
    onSettled: () => {
      void queries.invalidateQueries(notificationQuery(notification._id));
    },
  });
  const { cause } = notification;
  return (
    <Dialog title="Replay this dead letter" onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          replay.mutate();
        }}
      >
        {cause !== undefined && <p className="text-sm">{CAUSES[cause].advice}</p>}
        <Field label="Reason" hint="It goes to the audit trail, with the key that asked.">
          {(described) => (
            <input
              {...described}
              required
              maxLength={200}
              value={reason}
              onChange={(event) => {
                setReason(event.target.value);
              }}
              className="control"
            />
          )}
        </Field>
        {replay.error && <ErrorNotice what="The replay" error={replay.error} />}
        <div className="flex justify-end gap-3">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" variant="primary" pending={replay.isPending} disabled={reason.trim() === ''}>
            Replay
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
