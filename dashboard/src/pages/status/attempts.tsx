import { Send } from 'lucide-react';
import type { Attempt } from '@/api/types';
import { duration } from '@/lib/times';
import { OUTCOMES } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { Moment } from '@/ui/moment';

/** The subject of a refusal, in the reader's words; a refusal of the sender may be fixed on our side. */
const REFUSAL_OF: Record<NonNullable<Attempt['about']>, string> = {
  recipient: ' · because of the recipient',
  message: ' · because of the message',
  sender: ' · because of us or the provider',
  identity: ' · because of the sender that it names',
  unclear: ' · it is not clear why',
};

export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <Card title="Attempts" aside={<span className="text-xs text-muted tabular-nums">{attempts.length}</span>}>
      {attempts.length === 0 ? (
        <Empty icon={Send} title="No provider has been asked yet" />
      ) : (
        <ol aria-label="Attempts" className="divide-y divide-line">
          {attempts.map((attempt, index) => (
            <li
              // It has no id of its own, and never changes its place.
              key={index}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-3 first:pt-0 last:pb-0"
            >
              <div className="min-w-0">
                <p className="text-sm font-medium break-words">
                  {index + 1}. {attempt.provider}
                </p>
                <p className="text-xs text-muted tabular-nums">
                  <Moment at={attempt.startedAt} /> · took {duration(attempt.durationMs)}
                  {attempt.code !== null && (
                    <>
                      {' · code '}
                      <code className="break-all">{attempt.code}</code>
                    </>
                  )}
                  {attempt.about !== null && REFUSAL_OF[attempt.about]}
                </p>
              </div>
              <Badge tone={OUTCOMES[attempt.outcome].tone} title={OUTCOMES[attempt.outcome].meaning}>
                {OUTCOMES[attempt.outcome].label}
              </Badge>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
