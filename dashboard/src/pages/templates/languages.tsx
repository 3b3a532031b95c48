import { useState } from 'react';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';
import { LOCALE, localesOf, withLocale, withoutLocale, type Draft } from './draft';

interface LanguagesProps {
  draft: Draft;
  locale: string;
  onChoose: (locale: string) => void;
  onChange: (draft: Draft) => void;
}

/** The languages of a draft, the same in every variant: which one is written, which is the default, and further ones. */
export function Languages({ draft, locale, onChoose, onChange }: LanguagesProps) {
  const [more, setMore] = useState('');
  const isTaken = localesOf(draft).includes(more);
  const isWrong = more !== '' && !LOCALE.test(more);
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Language">
          {(described) => (
            <select
              {...described}
              value={locale}
              onChange={(event) => {
                onChoose(event.target.value);
              }}
              className="control w-auto"
            >
              {localesOf(draft).map((each) => (
                <option key={each} value={each}>
                  {each === draft.defaultLocale ? `${each} (default)` : each}
                </option>
              ))}
            </select>
          )}
        </Field>
        {locale !== draft.defaultLocale && (
          <>
            <Button
              variant="quiet"
              onClick={() => {
                onChange({ ...draft, defaultLocale: locale });
              }}
            >
              Make it the default
            </Button>
            <Button
              variant="quiet"
              onClick={() => {
                onChoose(draft.defaultLocale);
                onChange(withoutLocale(draft, locale));
              }}
            >
              Remove {locale}
            </Button>
          </>
        )}
      </div>
      <div className="flex items-end gap-3">
        <Field
          label="Further language"
          error={isWrong ? 'must be written like de or de-CH' : isTaken ? 'is there already' : undefined}
        >
          {(described) => (
            <input
              {...described}
              value={more}
              onChange={(event) => {
                setMore(event.target.value);
              }}
              placeholder="de"
              autoComplete="off"
              spellCheck={false}
              className="control"
            />
          )}
        </Field>
        <Button
          disabled={more === '' || isWrong || isTaken}
          onClick={() => {
            onChange(withLocale(draft, more));
            onChoose(more);
            setMore('');
          }}
        >
          Add
        </Button>
      </div>
    </div>
  );
}
