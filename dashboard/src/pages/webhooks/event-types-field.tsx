import { useId } from 'react';
import type { EventType } from '@/api/types';
import { EVENT_GROUPS, EVENT_TYPES } from '@/lib/vocabulary';
import { Button } from '@/ui/button';

interface EventTypesFieldProps {
  value: readonly EventType[];
  onChange: (types: EventType[]) => void;
  error: string | undefined;
}

/** A choice of event types in groups, each of which can be chosen as a whole. */
export function EventTypesField({ value, onChange, error }: EventTypesFieldProps) {
  const id = useId();
  const choose = (types: readonly EventType[], isChosen: boolean) => {
    const others = value.filter((each) => !types.includes(each));
    onChange(isChosen ? [...others, ...types] : others);
  };
  return (
    <div role="group" aria-labelledby={id} aria-describedby={error && `${id}-error`} className="space-y-2">
      <p id={id} className="text-sm font-medium">
        Events
      </p>
      {EVENT_GROUPS.map(({ label, types }) => (
        <fieldset key={label} className="rounded-lg border border-control px-3 pt-1 pb-2.5">
          <legend className="sr-only">{label}</legend>
          <div className="flex min-h-10 items-center justify-between gap-2">
            <span aria-hidden className="text-xs font-medium text-muted">
              {label}
            </span>
            {types.length > 1 && (
              <GroupButton
                label={label}
                isAll={types.every((each) => value.includes(each))}
                onChoose={(isChosen) => {
                  choose(types, isChosen);
                }}
              />
            )}
          </div>
          <div className="grid gap-2">
            {types.map((type) => (
              <label key={type} className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-sm">
                <input
                  type="checkbox"
                  checked={value.includes(type)}
                  onChange={(event) => {
                    choose([type], event.target.checked);
                  }}
                  className="row-span-2 mt-0.5 size-4 accent-(--accent)"
                />
                <span className="font-mono text-xs break-all">{type}</span>
                <span className="text-xs text-muted">{EVENT_TYPES[type].meaning}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

interface GroupButtonProps {
  label: string;
  isAll: boolean;
  onChoose: (isChosen: boolean) => void;
}

function GroupButton({ label, isAll, onChoose }: GroupButtonProps) {
  return (
    <Button
      variant="quiet"
      className="-mr-3"
      aria-label={`${isAll ? 'None' : 'All'} of: ${label}`}
      onClick={() => {
        onChoose(!isAll);
      }}
    >
      {isAll ? 'None' : 'All'}
    </Button>
  );
}
