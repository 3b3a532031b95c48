import { CircleCheck, Info, TriangleAlert, OctagonAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Tone } from '@/lib/vocabulary';
import { TONE_CLASS } from './tone';

const ICONS: Record<Tone, LucideIcon> = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: OctagonAlert,
  active: Info,
  neutral: Info,
};

interface NoticeProps {
  tone: Tone;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  /** "alert" interrupts a screen reader; "status" waits for a pause. */
  role?: 'alert' | 'status';
}

export function Notice({ tone, title, children, actions, role }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div role={role} className={`flex flex-wrap gap-x-3 gap-y-2 rounded-xl px-4 py-3 ${TONE_CLASS[tone]}`}>
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{title}</p>
        {children !== undefined && <div className="mt-0.5 text-sm text-ink">{children}</div>}
      </div>
      {actions !== undefined && <div className="flex shrink-0 items-center gap-2 self-center">{actions}</div>}
    </div>
  );
}
