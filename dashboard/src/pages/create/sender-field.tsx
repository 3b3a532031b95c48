import type { UseFormReturn } from 'react-hook-form';
import type { Sender } from '@/api/types';
import { Field } from '@/ui/field';
import type { Form } from './rules';

interface SenderFieldProps {
  form: UseFormReturn<Form>;
  /** Those of the chosen channel. */
  senders: readonly Sender[];
}

/** Who it comes from, where there is a choice. */
export function SenderField({ form: { register, formState }, senders }: SenderFieldProps) {
  const byDefault = senders.find((each) => each.isDefault);
  return (
    <Field label="Sender (optional)" error={formState.errors.sender?.message}>
      {(described) => (
        <select {...described} {...register('sender')} className="control">
          <option value="">
            {byDefault === undefined ? "The provider's own" : `The default, ${byDefault.id}`}
          </option>
          {senders.map(({ id, address }) => (
            <option key={id} value={id}>
              {id}: {address}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
