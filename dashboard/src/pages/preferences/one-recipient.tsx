import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { choosePreference } from '@/api/actions';
import { preferencesQuery, type WhosePreferences } from '@/api/queries';
import type { Channel, Preferences } from '@/api/types';
import { CHANNELS, namesOf } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Choice } from '@/ui/choice';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { SkeletonRows } from '@/ui/skeleton';

/** What one recipient gets over one channel, for support that is asked about it. */
export function OneRecipient() {
  const [type, setType] = useState<Channel>('EMAIL');
  const [recipient, setRecipient] = useState('');
  const [asked, setAsked] = useState<WhosePreferences | null>(null);
  return (
    <Card title="One recipient">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (recipient.trim() !== '') setAsked({ type, recipient: recipient.trim() });
        }}
      >
        <Choice
          legend="Channel"
          columns="grid-cols-3"
          value={type}
          onChange={setType}
          options={namesOf(CHANNELS).map((value) => ({ value, label: CHANNELS[value].label }))}
        />
        <Field label={CHANNELS[type].recipient}>
          {(described) => (
            <input
              {...described}
              value={recipient}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setRecipient(event.target.value);
              }}
              className="control"
            />
          )}
        </Field>
        <Button type="submit">Show</Button>
      </form>
      {asked !== null && <Found key={`${asked.type} ${asked.recipient}`} whose={asked} />}
    </Card>
  );
}

function Found({ whose }: { whose: WhosePreferences }) {
  const { data, error, refetch } = useQuery(preferencesQuery(whose));
  return (
    <div className="mt-5 border-t border-line pt-4">
      {data !== undefined ? (
        <Choices preferences={data} />
      ) : error ? (
        <ErrorNotice what="The preferences" error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={2} label="Loading the preferences" />
      )}
    </div>
  );
}

function Choices({ preferences }: { preferences: Preferences }) {
  const queries = useQueryClient();
  const choose = useMutation({
    mutationFn: ({ id, subscribed }: { id: string; subscribed: boolean }) =>
      choosePreference(preferences, id, subscribed),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['preferences'] }),
  });
  if (preferences.categories.length === 0) {
    return <p className="text-sm text-muted">There are no categories: everything goes to everybody.</p>;
  }
  return (
    <>
      <ul aria-label={`Preferences of ${preferences.recipient}`} className="divide-y divide-line">
        {preferences.categories.map(({ id, name, transactional, subscribed }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0">
            <span className="flex min-w-0 flex-1 flex-wrap items-center gap-2 wrap-anywhere">
              {name}
              <Badge tone={subscribed ? 'good' : 'warn'}>{subscribed ? 'Gets it' : 'Has left it'}</Badge>
            </span>
            {transactional ? (
              <span className="text-sm text-muted">Always sent</span>
            ) : (
              <Button
                variant="quiet"
                aria-label={subscribed ? `Unsubscribe from ${name}` : `Subscribe to ${name} again`}
                pending={choose.isPending && choose.variables.id === id}
                onClick={() => {
                  choose.mutate({ id, subscribed: !subscribed });
                }}
              >
                {subscribed ? 'Unsubscribe' : 'Subscribe again'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {choose.error && <ErrorNotice what="The preferences" error={choose.error} />}
    </>
  );
}
