import type { ReactNode } from 'react';
import type { Status } from '@/api/types';
import { STATUSES, type Tone } from '@/lib/vocabulary';
import { TONE_CLASS } from './tone';

interface BadgeProps {
  tone: Tone;
  title?: string | undefined;
  children: ReactNode;
}

export function Badge({ tone, title, children }: BadgeProps) {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${TONE_CLASS[tone]}`}
    >
      {children}
    </span>
  );
}

export function StatusBadge({ status }: { status: Status }) {
  const { label, tone, meaning } = STATUSES[status];
  return (
    <Badge tone={tone} title={meaning}>
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {label}
    </Badge>
  );
}
