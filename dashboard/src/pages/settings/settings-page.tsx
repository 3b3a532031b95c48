import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { setPolicy } from '@/api/actions';
import { ApiError } from '@/api/errors';
import { policyQuery } from '@/api/queries';
import { namesOf, ON_UNKNOWN } from '@/lib/vocabulary';
import { THEMES, TIME_ZONES, usePreferences } from '@/stores/preferences';
import { useSession } from '@/stores/session';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Choice } from '@/ui/choice';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';
import { PageHeader } from '@/ui/page-header';
import { Skeleton } from '@/ui/skeleton';

const THEME_LABELS = { light: 'Light', dark: 'Dark', system: 'As the system' };
const TIME_ZONE_LABELS = { local: 'Local time', utc: 'UTC' };

export function SettingsPage() {
  const { theme, timeZone, setTheme, setTimeZone } = usePreferences();
  return (
    <>
      <PageHeader title="Settings" lead="Theme and times stay in this browser; the key in this tab." />
      <div className="grid max-w-3xl gap-4">
        <Access />
        <Card title="Appearance">
          <div className="space-y-5">
            <Choice
              legend="Theme"
              columns="sm:grid-cols-3"
              value={theme}
              onChange={setTheme}
              options={THEMES.map((value) => ({ value, label: THEME_LABELS[value] }))}
            />
            <Choice
              legend="Times"
              columns="sm:grid-cols-3"
              value={timeZone}
              onChange={setTimeZone}
              options={TIME_ZONES.map((value) => ({ value, label: TIME_ZONE_LABELS[value] }))}
            />
          </div>
        </Card>
        <PolicyCard />
      </div>
    </>
  );
}

function Access() {
  const { apiKey, setApiKey, forgetApiKey } = useSession();
  const queries = useQueryClient();
  const access = useQuery(policyQuery);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const refused = access.error instanceof ApiError && access.error.status === 401;
  /** Clears all data that another key may not see. */
  const startAnew = () => {
    void queries.resetQueries();
  };
  return (
    <Card title="API key">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const key = text.trim();
          setWrong(!KEY.test(key));
          if (!KEY.test(key)) return;
          setApiKey(key);
          setText('');
          startAnew();
        }}
      >
        <div className="min-h-12">
          {access.isFetching && access.data === undefined ? (
            <Skeleton className="h-12" />
          ) : refused ? (
            <Notice
              tone="warn"
              role="status"
              title={apiKey === null ? 'The API asks for a key' : 'The API does not accept this key'}
            >
              {apiKey === null
                ? 'make key TENANT=acme makes one; so does wavecom keys create.'
                : 'It may be mistyped, revoked, or of another stack.'}
            </Notice>
          ) : access.error ? (
            <ErrorNotice what="The key" error={access.error} onRetry={() => void access.refetch()} />
          ) : (
            <Notice
              tone="good"
              role="status"
              title={apiKey === null ? 'No key is needed here' : `Signed in with the key ${nameOf(apiKey)}`}
            >
              {apiKey === null
                ? 'This stack needs no key on its own machine.'
                : 'It is kept until this tab is closed, and sent to this origin only.'}
            </Notice>
          )}
        </div>
        <Field
          label={apiKey === null ? 'Key' : 'Another key'}
          hint="Begins with wc_ or, for a test key, with wc_test_."
          error={wrong ? 'has an invalid character; copy it again' : undefined}
        >
          {(described) => (
            <input
              {...described}
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setWrong(false);
              }}
              className="control font-mono text-sm"
            />
          )}
        </Field>
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" disabled={text.trim() === ''}>
            Use this key
          </Button>
          {apiKey !== null && (
            <Button
              onClick={() => {
                forgetApiKey();
                startAnew();
              }}
            >
              Forget the key
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}

/** Characters that a header can contain. */
const KEY = /^[\x21-\x7e]+$/;

/** The part of a key that is no secret: prefix and id. */
function nameOf(apiKey: string): string {
  return /^wc_(test_)?[0-9a-f]{12}/.exec(apiKey)?.[0] ?? 'you entered';
}

function PolicyCard() {
  const queries = useQueryClient();
  const policy = useQuery(policyQuery);
  const change = useMutation({
    mutationFn: setPolicy,
    onSuccess: (saved) => {
      queries.setQueryData(policyQuery.queryKey, saved);
    },
  });
  const [contact, setContact] = useState<string | null>(null);
  if (policy.data === undefined) return null;
  const { onUnknown, contact: present } = policy.data;
  const typed = contact?.trim();
  return (
    <Card title="Policy of your tenant">
      <div className="space-y-4">
        <Choice
          legend="If a notification may have been sent, and does not say what to do"
          columns="sm:grid-cols-2"
          value={change.isPending ? change.variables.onUnknown : onUnknown}
          onChange={(chosen) => {
            change.mutate({ onUnknown: chosen });
          }}
          options={namesOf(ON_UNKNOWN).map((value) => ({ value, ...ON_UNKNOWN[value] }))}
        />
        <form
          className="flex flex-wrap items-end gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ onUnknown, contact: typed === '' ? null : typed });
          }}
        >
          <div className="min-w-64 flex-1">
            <Field label="Contact" hint="WaveCom writes here when it has disabled one of your endpoints.">
              {(described) => (
                <input
                  {...described}
                  type="email"
                  maxLength={254}
                  value={contact ?? present ?? ''}
                  onChange={(event) => {
                    setContact(event.target.value);
                  }}
                  className="control"
                />
              )}
            </Field>
          </div>
          <Button type="submit" disabled={typed === undefined || typed === (present ?? '')}>
            Save the contact
          </Button>
        </form>
        {change.error && <ErrorNotice what="The policy" error={change.error} />}
        {change.isSuccess && (
          <Notice tone="good" role="status" title="Saved">
            In force within 30 s.
          </Notice>
        )}
      </div>
    </Card>
  );
}
