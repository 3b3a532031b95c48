import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
}

/** The message of an empty list, with a suggestion. */
export function Empty({ icon: Icon, title, children }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Icon aria-hidden className="size-8 text-muted" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      <div className="max-w-prose text-sm text-muted">{children}</div>
    </div>
  );
}
