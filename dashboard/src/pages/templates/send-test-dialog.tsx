import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { sendTest } from '@/api/actions';
import type { Template, VersionSummary } from '@/api/types';
import { CHANNELS } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { samplesOf, variablesOf } from './samples';

interface SendTestDialogProps {
  template: Template;
  version: VersionSummary;
  onClose: () => void;
}

/** Sends one version to one recipient, and leads to what became of it. */
export function SendTestDialog({ template, version, onClose }: SendTestDialogProps) {
  const navigate = useNavigate();
  const [recipient, setRecipient] = useState('');
  const [locale, setLocale] = useState(version.defaultLocale);
  const [variant, setVariant] = useState(version.variantNames[0]);
  const [text, setText] = useState(() => JSON.stringify(samplesOf(version.variables, ''), null, 2));
  const variables = variablesOf(text);
  const send = useMutation({
    mutationFn: () =>
      sendTest(template.id, {
        recipient,
        version: version.number,
        locale,
        ...(variant !== undefined && { variant }),
        variables: variables ?? {},
      }),
    onSuccess: ({ _id }) => navigate(`/status/${_id}`),
  });
  return (
    <Dialog title={`Send version ${version.number} to yourself`} onClose={onClose}>
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (variables !== null) send.mutate();
        }}
      >
        <Field label={CHANNELS[template.channel].recipient}>
          {(described) => (
            <input
              {...described}
              value={recipient}
              onChange={(event) => {
                setRecipient(event.target.value);
              }}
              autoComplete="off"
              spellCheck={false}
              className="control"
            />
          )}
        </Field>
        {variant !== undefined && (
          <Field label="Variant of the test">
            {(described) => (
              <select
                {...described}
                value={variant}
                onChange={(event) => {
                  setVariant(event.target.value);
                }}
                className="control w-auto"
              >
                {version.variantNames.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label="Language of the test">
          {(described) => (
            <select
              {...described}
              value={locale}
              onChange={(event) => {
                setLocale(event.target.value);
              }}
              className="control w-auto"
            >
              {version.locales.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Variables of the test"
          error={variables === null ? 'must be an object such as {"name": "Ada"}' : undefined}
        >
          {(described) => (
            <textarea
              {...described}
              rows={5}
              value={text}
              spellCheck={false}
              onChange={(event) => {
                setText(event.target.value);
              }}
              className="control resize-y font-mono text-sm"
            />
          )}
        </Field>
        {send.error && <ErrorNotice what="The test" error={send.error} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" variant="primary" pending={send.isPending}>
            Send it
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
