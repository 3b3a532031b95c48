import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Controller, useForm, type SubmitHandler } from 'react-hook-form';
import { changeEndpoint, createEndpoint } from '@/api/actions';
import { errorsOfFields, isOnFields } from '@/api/errors';
import { endpointsQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { changeOf, creationOf, draftOf, EMPTY, problemOfHeaders, type Draft } from './draft';
import { EventTypesField } from './event-types-field';

interface EndpointDialogProps {
  /** The one to change; undefined for a new one. */
  endpoint: Endpoint | undefined;
  /** Gets the endpoint; a new one has its secret. */
  onDone: (endpoint: Endpoint) => void;
  onClose: () => void;
}

/** Makes an endpoint or changes one. */
export function EndpointDialog({ endpoint, onDone, onClose }: EndpointDialogProps) {
  const queries = useQueryClient();
  const { register, control, handleSubmit, setError, formState } = useForm<Draft>({
    defaultValues: endpoint === undefined ? EMPTY : draftOf(endpoint),
  });
  const { errors } = formState;
  const save = useMutation({
    mutationFn: (draft: Draft) =>
      endpoint === undefined
        ? createEndpoint(creationOf(draft))
        : changeEndpoint(endpoint.id, changeOf(draft)),
    onSuccess: (saved) => {
      void queries.invalidateQueries(endpointsQuery);
      onDone(saved);
    },
    onError: (error) => {
      for (const { name, message } of errorsOfFields(error, EMPTY)) {
        setError(name, { type: 'api', message }, { shouldFocus: true });
      }
    },
  });
  const submit: SubmitHandler<Draft> = (draft) => {
    save.mutate(draft);
  };
  const known = endpoint?.headers ?? [];
  return (
    <Dialog title={endpoint === undefined ? 'New endpoint' : 'Change the endpoint'} onClose={onClose}>
      <form noValidate className="space-y-4" onSubmit={(event) => void handleSubmit(submit)(event)}>
        <Field
          label="URL"
          hint="Events are sent to it by POST. It must be https, at an address of the public internet."
          error={errors.url?.message}
        >
          {(described) => (
            <input
              {...described}
              {...register('url', { validate: (text) => text.trim() !== '' || 'is required' })}
              type="url"
              placeholder="https://api.bank.example/wavecom"
              autoComplete="off"
              spellCheck={false}
              maxLength={2048}
              required
              className="control"
            />
          )}
        </Field>
        <Field label="Description (optional)" error={errors.description?.message}>
          {(described) => (
            <input
              {...described}
              {...register('description')}
              placeholder="The ledger of payments"
              autoComplete="off"
              maxLength={200}
              className="control"
            />
          )}
        </Field>
        <Controller
          control={control}
          name="types"
          rules={{ validate: (types) => types.length > 0 || 'needs at least one' }}
          render={({ field }) => (
            <EventTypesField value={field.value} onChange={field.onChange} error={errors.types?.message} />
          )}
        />
        <Field
          label="Headers (optional)"
          hint={
            known.length === 0
              ? 'Added to each delivery, a line each. Their values are not shown again.'
              : `It has ${known.join(', ')}. They stay if this is empty; what is written here replaces all of them.`
          }
          error={errors.headers?.message}
        >
          {(described) => (
            <textarea
              {...described}
              {...register('headers', { validate: problemOfHeaders })}
              rows={2}
              placeholder="Authorization: Bearer 5f9c316b"
              autoComplete="off"
              spellCheck={false}
              className="control font-mono text-sm"
            />
          )}
        </Field>
        {known.length > 0 && (
          <label className="flex w-fit items-center gap-3 text-sm">
            <input
              type="checkbox"
              {...register('clearHeaders')}
              className="size-4 shrink-0 accent-(--accent)"
            />
            Remove the headers that it has
          </label>
        )}
        <label className="flex w-fit items-center gap-3 text-sm">
          <input type="checkbox" {...register('metadata')} className="size-4 shrink-0 accent-(--accent)" />
          Send the metadata of notifications as well
        </label>
        {save.error && !isOnFields(save.error, EMPTY) && (
          <ErrorNotice what="The endpoint" error={save.error} />
        )}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" pending={save.isPending}>
            {endpoint === undefined ? 'Make it' : 'Save'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
