import type { Channel } from '@/api/types';
import { Field } from '@/ui/field';
import type { Written } from './draft';
import { MARKUP, partsOf, type Part } from './parts';

interface PartFieldsProps {
  channel: Channel;
  locale: string;
  written: Written;
  /** What the API says about a part. */
  problemOf: (part: Part) => string | undefined;
  onChange: (part: Part, text: string) => void;
}

/** The parts of one variant in one language. */
export function PartFields({ channel, locale, written, problemOf, onChange }: PartFieldsProps) {
  return partsOf(channel, written).map(({ part, label, rows }) => (
    <Field key={part} label={label} error={problemOf(part)}>
      {(described) => (
        <textarea
          {...described}
          name={part}
          lang={locale}
          rows={rows}
          value={written[part] ?? ''}
          spellCheck={!MARKUP.includes(part)}
          onChange={(event) => {
            onChange(part, event.target.value);
          }}
          className={`control resize-y ${MARKUP.includes(part) ? 'font-mono text-sm' : ''}`}
        />
      )}
    </Field>
  ));
}
