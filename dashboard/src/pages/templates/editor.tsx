import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createVersion } from '@/api/actions';
import type { Template, TemplateVersion } from '@/api/types';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';
import {
  draftOf,
  MARKUP,
  partsOf,
  samplesOf,
  textsOf,
  variablesOf,
  versionOf,
  withPart,
  type Draft,
} from './draft';
import { Languages } from './languages';
import { PreviewCard } from './preview-card';

interface EditorProps {
  template: Template;
  basis: TemplateVersion | undefined;
  onSaved: (number: number) => void;
}

/** The next version while it is written, with what it would send beside it. */
export function Editor({ template, basis, onSaved }: EditorProps) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(basis));
  const [locale, setLocale] = useState(draft.defaultLocale);
  const [variables, setVariables] = useState(() =>
    JSON.stringify(samplesOf(basis?.variables ?? [], textsOf(draft)), null, 2),
  );
  const save = useMutation({
    mutationFn: () => createVersion(template.id, versionOf(draft)),
    onSuccess: async ({ number }) => {
      await queries.invalidateQueries({ queryKey: ['templates'] });
      onSaved(number);
    },
  });
  const given = variablesOf(variables);
  return (
    <div className="grid gap-4 lg:grid-cols-2 lg:gap-5">
      <Card title={basis === undefined ? 'First version' : `Next version, from version ${basis.number}`}>
        <div className="space-y-4">
          {basis?.variants !== undefined && (
            <Notice
              tone="warn"
              title={`Version ${basis.number} compares ${Object.keys(basis.variants).length} texts`}
            >
              This is the first of them, and what is saved here has one text for all. The API and{' '}
              <code>wavecom templates push</code> make versions that compare.
            </Notice>
          )}
          <Languages draft={draft} locale={locale} onChoose={setLocale} onChange={setDraft} />
          {partsOf(template.channel, draft.locales[locale] ?? {}).map(({ part, label, rows }) => (
            <Field key={part} label={label}>
              {(described) => (
                <textarea
                  {...described}
                  lang={locale}
                  rows={rows}
                  value={draft.locales[locale]?.[part] ?? ''}
                  spellCheck={!MARKUP.includes(part)}
                  onChange={(event) => {
                    setDraft(withPart(draft, locale, part, event.target.value));
                  }}
                  className={`control resize-y ${MARKUP.includes(part) ? 'font-mono text-sm' : ''}`}
                />
              )}
            </Field>
          ))}
          <Field
            label="Variables of the preview"
            hint="An object of JSON. It is not stored."
            error={given === null ? 'must be an object such as {"name": "Ada"}' : undefined}
          >
            {(described) => (
              <textarea
                {...described}
                rows={4}
                value={variables}
                spellCheck={false}
                onChange={(event) => {
                  setVariables(event.target.value);
                }}
                className="control resize-y font-mono text-sm"
              />
            )}
          </Field>
          {save.error && <ErrorNotice what="The version" error={save.error} />}
          <Button
            variant="primary"
            pending={save.isPending}
            onClick={() => {
              save.mutate();
            }}
          >
            Save as version {template.latest + 1}
          </Button>
        </div>
      </Card>
      <PreviewCard
        templateId={template.id}
        channel={template.channel}
        locale={locale}
        parts={draft.locales[locale] ?? {}}
        variables={given}
      />
    </div>
  );
}
