import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import { policyQuery } from '@/api/queries';
import { namesOf, ON_UNKNOWN, RETRY_DELAYS_SECONDS } from '@/lib/vocabulary';
import { Field } from '@/ui/field';
import type { Form } from './rules';

/** Options that most notifications do not need: schedule and expiry, retries, unknown outcomes, metadata. */
export function SpecialWishes({ form }: { form: UseFormReturn<Form> }) {
  const { register, formState } = form;
  const { errors } = formState;
  const policy = useQuery(policyQuery).data?.onUnknown;
  const wrong =
    errors.scheduledAt ?? errors.expiresAt ?? errors.metadata ?? errors.maxRetries ?? errors.onUnknown;
  const [open, setOpen] = useState(false);
  if (wrong !== undefined && !open) setOpen(true); // what is wrong must be seen; what is right stays as it is
  return (
    <details
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
      className="rounded-xl border border-line bg-surface"
    >
      <summary className="rounded-xl px-4 py-3.5 text-sm font-semibold sm:px-5">
        Schedule, expiry, retries and metadata
      </summary>
      <div className="grid gap-5 border-t border-line p-4 sm:grid-cols-2 sm:p-5">
        <Field
          label="Send not before"
          hint="Your local time. Empty: at once."
          error={errors.scheduledAt?.message}
        >
          {(described) => (
            <input {...described} {...register('scheduledAt')} type="datetime-local" className="control" />
          )}
        </Field>
        <Field
          label="Send not after"
          hint="For messages that are useless when late, such as a one-time code."
          error={errors.expiresAt?.message}
        >
          {(described) => (
            <input {...described} {...register('expiresAt')} type="datetime-local" className="control" />
          )}
        </Field>
        <Field
          label="Retries after the first attempt"
          hint={`After ${RETRY_DELAYS_SECONDS.join(', ')} seconds.`}
          error={errors.maxRetries?.message}
        >
          {(described) => (
            <select {...described} {...register('maxRetries', { valueAsNumber: true })} className="control">
              {[3, 2, 1, 0].map((retries) => (
                <option key={retries}>{retries}</option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="If it may have been sent"
          hint="A provider that gives no answer may still have sent it."
          error={errors.onUnknown?.message}
        >
          {(described) => (
            <select {...described} {...register('onUnknown')} className="control">
              <option value="">
                As your policy says{policy && `: ${ON_UNKNOWN[policy].label.toLowerCase()}`}
              </option>
              {namesOf(ON_UNKNOWN).map((name) => (
                <option key={name} value={name}>
                  {ON_UNKNOWN[name].label}: {ON_UNKNOWN[name].meaning}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div className="sm:col-span-2">
          <Field
            label="Metadata"
            hint="A JSON object of your own, up to 8 KB. It is stored with the notification and never sent."
            error={errors.metadata?.message}
          >
            {(described) => (
              <textarea
                {...described}
                {...register('metadata')}
                rows={3}
                placeholder='{"orderId": "A-17"}'
                spellCheck={false}
                className="control resize-y font-mono text-sm"
              />
            )}
          </Field>
        </div>
      </div>
    </details>
  );
}
