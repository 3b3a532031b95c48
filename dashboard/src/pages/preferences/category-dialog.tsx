import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { putCategory } from '@/api/actions';
import type { Category } from '@/api/types';
import { Button } from '@/ui/button';
import { Choice } from '@/ui/choice';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';

const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
const KINDS = [
  {
    value: 'optional',
    label: 'Can be left',
    meaning: 'Offers, newsletters, tips: recipients may unsubscribe.',
  },
  {
    value: 'transactional',
    label: 'Always sent',
    meaning: 'Receipts, alerts, one-time codes: nobody can leave it.',
  },
] as const;

interface CategoryDialogProps {
  /** The one to change; undefined for a new one. */
  category: Category | undefined;
  taken: readonly string[];
  onClose: () => void;
}

export function CategoryDialog({ category, taken, onClose }: CategoryDialogProps) {
  const queries = useQueryClient();
  const [id, setId] = useState(category?.id ?? '');
  const [name, setName] = useState(category?.name ?? '');
  const [kind, setKind] = useState<'optional' | 'transactional'>(
    category?.transactional === true ? 'transactional' : 'optional',
  );
  const [isChecked, setIsChecked] = useState(false);
  const put = useMutation({
    mutationFn: () => putCategory(id, { name: name.trim(), transactional: kind === 'transactional' }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['preferences'] });
      onClose();
    },
  });
  const problemOfId = !ID.test(id)
    ? 'must be small letters, digits and hyphens, 40 at the most'
    : category === undefined && taken.includes(id)
      ? 'is there already'
      : undefined;
  const problemOfName = name.trim() === '' ? 'is required' : undefined;
  return (
    <Dialog title={category === undefined ? 'New category' : `Change ${category.id}`} onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsChecked(true);
          if (problemOfId === undefined && problemOfName === undefined) put.mutate();
        }}
      >
        {category === undefined && (
          <Field
            label="Id"
            hint="The name that notifications and templates use. It stays as it is."
            error={isChecked ? problemOfId : undefined}
          >
            {(described) => (
              <input
                {...described}
                value={id}
                placeholder="offers"
                autoComplete="off"
                spellCheck={false}
                required
                onChange={(event) => {
                  setId(event.target.value);
                }}
                className="control font-mono text-sm"
              />
            )}
          </Field>
        )}
        <Field
          label="Name"
          hint="Recipients see it when they leave the category."
          error={isChecked ? problemOfName : undefined}
        >
          {(described) => (
            <input
              {...described}
              value={name}
              placeholder="Offers"
              autoComplete="off"
              maxLength={100}
              required
              onChange={(event) => {
                setName(event.target.value);
              }}
              className="control"
            />
          )}
        </Field>
        <Choice legend="Kind" columns="sm:grid-cols-2" value={kind} onChange={setKind} options={KINDS} />
        {put.error && <ErrorNotice what="The category" error={put.error} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" pending={put.isPending}>
            {category === undefined ? 'Make it' : 'Save'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
