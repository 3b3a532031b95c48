import { LoaderCircle } from 'lucide-react';
import type { ComponentProps } from 'react';
import { Link, type LinkProps } from 'react-router';

const SHAPE =
  'inline-flex min-h-10 items-center justify-center gap-2 rounded-lg px-4 py-2 text-sm font-medium transition-colors disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-progress';
const VARIANTS = {
  primary: 'bg-accent text-accent-ink hover:not-disabled:opacity-90',
  secondary: 'border border-control bg-surface text-ink hover:not-disabled:bg-raised',
  danger: 'border border-bad bg-surface text-bad hover:not-disabled:bg-bad-soft',
  quiet: 'text-accent hover:not-disabled:bg-accent-soft',
} as const;

type Variant = keyof typeof VARIANTS;

interface ButtonProps extends ComponentProps<'button'> {
  variant?: Variant;
  /** Its work is in progress: it shows so, and accepts no second click. */
  pending?: boolean;
}

export function Button({
  variant = 'secondary',
  pending = false,
  className = '',
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      // Not "disabled", which would take the focus away.
      aria-disabled={pending || undefined}
      aria-busy={pending}
      onClick={(event) => {
        if (pending) event.preventDefault();
        else rest.onClick?.(event);
      }}
      className={`${SHAPE} ${VARIANTS[variant]} ${className}`}
    >
      {pending && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

export function ButtonLink({
  variant = 'secondary',
  className = '',
  ...rest
}: LinkProps & { variant?: Variant }) {
  return <Link {...rest} className={`${SHAPE} ${VARIANTS[variant]} ${className}`} />;
}
