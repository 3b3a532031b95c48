import { useEffect, useEffectEvent, useState } from 'react';
import { fromLocalInput, toLocalInput } from '@/lib/local-moment';
import { CHANNELS, namesOf, PRIORITIES, STATUSES } from '@/lib/vocabulary';
import { Field } from '@/ui/field';
import { PAGE_SIZES, PERIODS, type View } from './filter';

interface FiltersProps {
  view: View;
  change: (changes: Partial<Record<keyof View, string>>, options?: { replace?: boolean }) => void;
}

const TYPING_PAUSE_MS = 400;
const FIXED = 'fixed';

export function Filters({ view, change }: FiltersProps) {
  const fixed = view.period === undefined && (view.since !== undefined || view.until !== undefined);
  return (
    <div
      role="group"
      aria-label="Filters"
      className="grid grid-cols-2 gap-3 rounded-xl border border-line bg-surface p-4 sm:grid-cols-3 sm:p-5 xl:grid-cols-6"
    >
      <Select
        label="Status"
        value={view.status ?? ''}
        options={[['', 'Any'], ...namesOf(STATUSES).map((name) => [name, STATUSES[name].label] as const)]}
        onChange={(status) => {
          change({ status });
        }}
      />
      <Select
        label="Type"
        value={view.type ?? ''}
        options={[['', 'Any'], ...namesOf(CHANNELS).map((name) => [name, CHANNELS[name].label] as const)]}
        onChange={(type) => {
          change({ type });
        }}
      />
      <Select
        label="Priority"
        value={view.priority ?? ''}
        options={[['', 'Any'], ...namesOf(PRIORITIES).map((name) => [name, PRIORITIES[name].label] as const)]}
        onChange={(priority) => {
          change({ priority });
        }}
      />
      <Select
        label="Created"
        value={fixed ? FIXED : (view.period ?? '')}
        options={[
          ['', 'Any time'],
          ...namesOf(PERIODS).map((name) => [name, PERIODS[name].label] as const),
          [FIXED, 'Between …'],
        ]}
        onChange={(chosen) => {
          if (chosen === FIXED) change({ period: '', since: startOfToday(), until: '' });
          else change({ period: chosen, since: '', until: '' });
        }}
      />
      <Recipient
        value={view.recipient ?? ''}
        onChange={(recipient) => {
          change({ recipient }, { replace: true });
        }}
      />
      <Select
        label="Rows"
        value={String(view.limit)}
        options={PAGE_SIZES.map((size) => [String(size), String(size)] as const)}
        onChange={(limit) => {
          change({ limit });
        }}
      />
      {fixed && (
        <>
          <MomentInput
            label="From"
            value={view.since}
            onChange={(since) => {
              change({ since });
            }}
          />
          <MomentInput
            label="Until"
            value={view.until}
            onChange={(until) => {
              change({ until });
            }}
          />
        </>
      )}
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <Field label={label}>
      {(control) => (
        <select
          {...control}
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
          }}
          className="control"
        >
          {options.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface TextProps {
  value: string;
  onChange: (value: string) => void;
}

/** Applies the text once the typing pauses, not with every letter. */
function Recipient({ value, onChange }: TextProps) {
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    // The address has changed: by what was typed here, or by a link or the Back button.
    setShown(value);
    if (text.trim() !== value) setText(value);
  }
  const commit = useEffectEvent(onChange);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => {
      commit(text.trim());
    }, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value]);
  return (
    <Field label="Recipient">
      {(control) => (
        <input
          {...control}
          type="search"
          placeholder="In full"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
          className="control"
        />
      )}
    </Field>
  );
}

interface MomentInputProps {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

function MomentInput({ label, value, onChange }: MomentInputProps) {
  return (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="datetime-local"
          defaultValue={value === undefined ? '' : toLocalInput(Date.parse(value))}
          onBlur={(event) => {
            const moment = fromLocalInput(event.target.value);
            if (moment !== (value ?? '')) onChange(moment);
          }}
          className="control"
        />
      )}
    </Field>
  );
}

function startOfToday(): string {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  return day.toISOString();
}
