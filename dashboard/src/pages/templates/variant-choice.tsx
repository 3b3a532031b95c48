import { percent } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';
import type { Draft, Variant } from './draft';
import { problemOfName, problemOfWeight, shareOf, VARIANTS_MAX, WEIGHT_MAX, withChange } from './variants';

interface VariantChoiceProps {
  draft: Draft;
  variant: Variant;
  /** What the API says about the weight. */
  weightProblem: string | undefined;
  onChoose: (key: number) => void;
  onChange: (draft: Draft) => void;
  onAdd: () => void;
  onRemove: () => void;
}

/** The variants of a draft: which one is written, its name and share, and further ones. */
export function VariantChoice({
  draft,
  variant,
  weightProblem,
  onChoose,
  onChange,
  onAdd,
  onRemove,
}: VariantChoiceProps) {
  const isComparing = draft.variants.length > 1;
  const isFull = draft.variants.length === VARIANTS_MAX;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end gap-x-3 gap-y-1.5">
        {isComparing && (
          <Field label="Variant">
            {(described) => (
              <select
                {...described}
                name="variant"
                value={variant.key}
                onChange={(event) => {
                  onChoose(Number(event.target.value));
                }}
                className="control w-auto max-w-full"
              >
                {draft.variants.map((each) => (
                  <option key={each.key} value={each.key}>
                    {[each.name || 'without a name', shareText(draft, each)].filter(Boolean).join(', ')}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Button name="add-variant" disabled={isFull} onClick={onAdd}>
          {isFull ? 'Four variants are the most' : 'Add a variant'}
        </Button>
        {isComparing ? (
          <Button variant="quiet" onClick={onRemove}>
            Remove {variant.name || 'this variant'}
          </Button>
        ) : (
          <p className="self-center text-sm text-muted">To compare texts. It begins as a copy of this one.</p>
        )}
      </div>
      {isComparing && (
        <Settings draft={draft} variant={variant} weightProblem={weightProblem} onChange={onChange} />
      )}
    </div>
  );
}

function Settings({
  draft,
  variant,
  weightProblem,
  onChange,
}: Pick<VariantChoiceProps, 'draft' | 'variant' | 'weightProblem' | 'onChange'>) {
  return (
    <div className="grid grid-cols-2 items-start gap-3">
      <Field label="Name" error={problemOfName(draft, variant) ?? undefined}>
        {(described) => (
          <input
            {...described}
            name="name"
            value={variant.name}
            onChange={(event) => {
              onChange(withChange(draft, variant.key, { name: event.target.value }));
            }}
            autoComplete="off"
            spellCheck={false}
            className="control"
          />
        )}
      </Field>
      <Field
        label="Weight"
        hint={shareText(draft, variant) && `${shareText(draft, variant)} of the recipients`}
        error={problemOfWeight(variant) ?? weightProblem}
      >
        {(described) => (
          <input
            {...described}
            name="weight"
            type="number"
            min={1}
            max={WEIGHT_MAX}
            step={1}
            value={variant.weight}
            onChange={(event) => {
              onChange(withChange(draft, variant.key, { weight: event.target.value }));
            }}
            className="control"
          />
        )}
      </Field>
    </div>
  );
}

/** "75 %", or nothing while a weight is none. */
function shareText(draft: Draft, variant: Variant): string | undefined {
  const share = shareOf(draft, variant);
  return share === null ? undefined : percent(share);
}
