import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Controller, useForm, useWatch, type SubmitHandler } from 'react-hook-form';
import { putSender } from '@/api/actions';
import { errorsOfFields, isOnFields } from '@/api/errors';
import { sendersQuery } from '@/api/queries';
import type { Channel, Sender } from '@/api/types';
import { CHANNELS, namesOf } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Choice } from '@/ui/choice';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { draftOf, EMPTY, problemOfId, requestOf, type Draft } from './draft';

const ADDRESSES: Record<Channel, { label: string; placeholder: string }> = {
  EMAIL: { label: 'Email address', placeholder: 'billing@example.com' },
  SMS: { label: 'Number, short code or sender id', placeholder: 'MyBank' },
  PUSH: { label: 'Bundle id of the app', placeholder: 'com.example.app' },
};

interface SenderDialogProps {
  /** The one to change; undefined for a new one. */
  sender: Sender | undefined;
  taken: readonly string[];
  onClose: () => void;
}

/** Makes a sender or changes one, whose id and channel stay as they are. */
export function SenderDialog({ sender, taken, onClose }: SenderDialogProps) {
  const queries = useQueryClient();
  const { register, control, handleSubmit, setError, clearErrors, formState } = useForm<Draft>({
    defaultValues: sender === undefined ? EMPTY : draftOf(sender),
  });
  const { errors } = formState;
  const type = useWatch({ control, name: 'type' });
  const put = useMutation({
    mutationFn: (draft: Draft) => putSender(draft.id, requestOf(draft)),
    onSuccess: async () => {
      await queries.invalidateQueries(sendersQuery);
      onClose();
    },
    onError: (error) => {
      for (const { name, message } of errorsOfFields(error, EMPTY)) {
        setError(name, { type: 'api', message }, { shouldFocus: true });
      }
    },
  });
  const submit: SubmitHandler<Draft> = (draft) => {
    put.mutate(draft);
  };
  return (
    <Dialog title={sender === undefined ? 'New sender' : `Change ${sender.id}`} onClose={onClose}>
      <form noValidate className="space-y-4" onSubmit={(event) => void handleSubmit(submit)(event)}>
        {sender === undefined && (
          <>
            <Field
              label="Id"
              hint="The name that notifications use. It stays as it is."
              error={errors.id?.message}
            >
              {(described) => (
                <input
                  {...described}
                  {...register('id', { validate: (id) => problemOfId(id, taken) })}
                  placeholder="billing"
                  autoComplete="off"
                  spellCheck={false}
                  required
                  className="control font-mono text-sm"
                />
              )}
            </Field>
            <Controller
              control={control}
              name="type"
              render={({ field }) => (
                <Choice
                  legend="Channel"
                  columns="grid-cols-3"
                  value={field.value}
                  onChange={(value) => {
                    field.onChange(value);
                    clearErrors(['address', 'providers']);
                  }}
                  options={namesOf(CHANNELS).map((value) => ({ value, label: CHANNELS[value].label }))}
                />
              )}
            />
          </>
        )}
        <Field label={ADDRESSES[type].label} error={errors.address?.message}>
          {(described) => (
            <input
              {...described}
              {...register('address', { validate: (text) => text.trim() !== '' || 'is required' })}
              placeholder={ADDRESSES[type].placeholder}
              autoComplete="off"
              spellCheck={false}
              maxLength={254}
              required
              className="control"
            />
          )}
        </Field>
        {type === 'EMAIL' && (
          <>
            <Field
              label="Name (optional)"
              hint="Recipients see it beside the address."
              error={errors.name?.message}
            >
              {(described) => (
                <input
                  {...described}
                  {...register('name')}
                  autoComplete="off"
                  maxLength={100}
                  className="control"
                />
              )}
            </Field>
            <Field
              label="Reply-to (optional)"
              hint="The address that answers go to."
              error={errors.replyTo?.message}
            >
              {(described) => (
                <input
                  {...described}
                  {...register('replyTo')}
                  autoComplete="off"
                  spellCheck={false}
                  maxLength={254}
                  className="control"
                />
              )}
            </Field>
          </>
        )}
        <Field
          label="Providers (optional)"
          hint="Those that may carry its messages, separated by commas. Empty: all of the channel."
          error={errors.providers?.message}
        >
          {(described) => (
            <input
              {...described}
              {...register('providers')}
              autoComplete="off"
              spellCheck={false}
              className="control"
            />
          )}
        </Field>
        <label className="flex w-fit items-center gap-3 text-sm">
          <input type="checkbox" {...register('isDefault')} className="size-4 shrink-0 accent-(--accent)" />
          Use where a notification names no sender
        </label>
        {put.error && !isOnFields(put.error, EMPTY) && <ErrorNotice what="The sender" error={put.error} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" pending={put.isPending}>
            {sender === undefined ? 'Make it' : 'Save'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
