import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { createTemplate } from '@/api/actions';
import { categoriesQuery } from '@/api/queries';
import type { Channel } from '@/api/types';
import { CHANNELS, namesOf } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Choice } from '@/ui/choice';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';

const ID = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

export function NewTemplateDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [id, setId] = useState('');
  const [channel, setChannel] = useState<Channel>('EMAIL');
  const [description, setDescription] = useState('');
  const [category, setCategory] = useState('');
  const { data: categories } = useQuery(categoriesQuery);
  const [isTried, setIsTried] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      createTemplate({
        id,
        channel,
        ...(description === '' ? {} : { description }),
        ...(category === '' ? {} : { category }),
      }),
    onSuccess: async () => {
      void queries.invalidateQueries({ queryKey: ['templates'] });
      await navigate(`/templates/${id}`);
    },
  });
  const isWrong = isTried && !ID.test(id);
  return (
    <Dialog title="New template" onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsTried(true);
          if (ID.test(id)) create.mutate();
        }}
      >
        <Field
          label="Id"
          hint="The name that notifications use. It stays as it is."
          error={isWrong ? 'must be small letters, digits, dots, hyphens and underscores' : undefined}
        >
          {(described) => (
            <input
              {...described}
              value={id}
              onChange={(event) => {
                setId(event.target.value);
              }}
              placeholder="payment-received"
              autoComplete="off"
              spellCheck={false}
              className="control font-mono text-sm"
            />
          )}
        </Field>
        <Choice
          legend="Channel"
          columns="grid-cols-3"
          value={channel}
          onChange={setChannel}
          options={namesOf(CHANNELS).map((value) => ({ value, label: CHANNELS[value].label }))}
        />
        {categories !== undefined && categories.length > 0 && (
          <Field label="Category" hint="Of all notifications made from it. It stays as it is.">
            {(described) => (
              <select
                {...described}
                value={category}
                onChange={(event) => {
                  setCategory(event.target.value);
                }}
                className="control w-auto"
              >
                <option value="">None</option>
                {categories.map(({ id: value, name }) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label="Description (optional)">
          {(described) => (
            <input
              {...described}
              value={description}
              onChange={(event) => {
                setDescription(event.target.value);
              }}
              maxLength={500}
              className="control"
            />
          )}
        </Field>
        {create.error && <ErrorNotice what="The template" error={create.error} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" pending={create.isPending}>
            Make it
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
