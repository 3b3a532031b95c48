import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { createVersion } from '@/api/actions';
import type { Template, TemplateVersion } from '@/api/types';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { draftOf, textsOf, variantOf, versionOf, withPart, type Draft } from './draft';
import { Languages } from './languages';
import { PartFields } from './part-fields';
import { PreviewCard } from './preview-card';
import { ProblemList } from './problem-list';
import { isUnchanged, problemsOf, type PlacedProblem } from './problems';
import { samplesOf, variablesOf } from './samples';
import { VariantChoice } from './variant-choice';
import { problemOfName, withoutVariant, withVariant, wrongVariant } from './variants';

interface EditorProps {
  template: Template;
  basis: TemplateVersion | undefined;
  onSaved: (number: number) => void;
}

/** The next version while it is written, with what it would send beside it. */
export function Editor({ template, basis, onSaved }: EditorProps) {
  const queries = useQueryClient();
  const fields = useRef<HTMLDivElement>(null);
  const [draft, setDraft] = useState<Draft>(() => draftOf(basis));
  const [key, setKey] = useState(draft.variants[0].key);
  const [locale, setLocale] = useState(draft.defaultLocale);
  const [variables, setVariables] = useState(() =>
    JSON.stringify(samplesOf(basis?.variables ?? [], textsOf(draft)), null, 2),
  );
  const save = useMutation({
    mutationFn: (sent: Draft) => createVersion(template.id, versionOf(sent)),
    onSuccess: async ({ number }) => {
      await queries.invalidateQueries({ queryKey: ['templates'] });
      onSaved(number);
    },
  });
  const given = variablesOf(variables);
  const variant = variantOf(draft, key);
  const written = variant.locales[locale] ?? {};
  const refused = problemsOf(save.error, save.variables);
  const problems = refused.filter(
    (each) => save.variables !== undefined && isUnchanged(each, save.variables, draft),
  );
  const problemOf = (part: string) =>
    problems.find(
      (each) =>
        each.variant === variant.key && each.part === part && (part === 'weight' || each.locale === locale),
    )?.message;

  /** Changes what is written, and gives the focus to the first of these controls that is there then. */
  function turnTo(change: () => void, ...names: string[]) {
    flushSync(change);
    const controls = names.map((name) =>
      fields.current?.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`),
    );
    controls.find(Boolean)?.focus();
  }

  function show({ variant: of, locale: language, part }: Omit<PlacedProblem, 'message'>) {
    turnTo(
      () => {
        if (of !== null) setKey(of);
        if (language !== null) setLocale(language);
      },
      part ?? 'text',
      'text',
    );
  }

  return (
    <div className="grid gap-4 lg:grid-cols-2 lg:gap-5">
      <Card title={basis === undefined ? 'First version' : `Next version, from version ${basis.number}`}>
        <div ref={fields} className="space-y-4">
          <VariantChoice
            draft={draft}
            variant={variant}
            weightProblem={problemOf('weight')}
            onChoose={setKey}
            onChange={setDraft}
            onAdd={() => {
              const added = withVariant(draft, variant);
              turnTo(() => {
                setDraft(added.draft);
                setKey(added.key);
              }, 'name');
            }}
            onRemove={() => {
              turnTo(
                () => {
                  setDraft(withoutVariant(draft, variant.key));
                },
                'variant',
                'add-variant',
              );
            }}
          />
          <Languages draft={draft} locale={locale} onChoose={setLocale} onChange={setDraft} />
          <PartFields
            channel={template.channel}
            locale={locale}
            written={written}
            problemOf={problemOf}
            onChange={(part, text) => {
              setDraft(withPart(draft, variant.key, locale, part, text));
            }}
          />
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
          {save.error && refused.length === 0 && <ErrorNotice what="The version" error={save.error} />}
          {problems.length > 0 && <ProblemList draft={draft} problems={problems} onShow={show} />}
          <Button
            variant="primary"
            pending={save.isPending}
            onClick={() => {
              const wrong = wrongVariant(draft);
              if (wrong === undefined) save.mutate(draft);
              else
                show({
                  variant: wrong.key,
                  locale: null,
                  part: problemOfName(draft, wrong) === null ? 'weight' : 'name',
                });
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
        variant={draft.variants.length > 1 ? variant.name : undefined}
        parts={written}
        variables={given}
      />
    </div>
  );
}
