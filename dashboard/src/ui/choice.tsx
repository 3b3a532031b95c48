import { useId, type ReactNode } from 'react';

interface Option<T extends string> {
  value: T;
  label: string;
  meaning?: string;
  icon?: ReactNode;
}

interface ChoiceProps<T extends string> {
  legend: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
  /** Grid columns on a wide screen. */
  columns: string;
}

/** A choice of a few options with explanations: radio buttons in the shape of cards. */
export function Choice<T extends string>({ legend, options, value, onChange, columns }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className={`grid gap-2 ${columns}`}>
        {options.map((option) => (
          <label
            key={option.value}
            className="flex items-start gap-2.5 rounded-lg border border-control px-3 py-2.5 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => {
                onChange(option.value);
              }}
              className="mt-1 accent-(--accent) outline-none"
            />
            <span className="min-w-0">
              <span className="flex items-center gap-1.5 text-sm font-medium">
                {option.icon}
                {option.label}
              </span>
              {option.meaning !== undefined && (
                <span className="block text-xs text-muted">{option.meaning}</span>
              )}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
