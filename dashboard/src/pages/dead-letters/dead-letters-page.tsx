import { PartyPopper } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { ApiError } from '@/api/errors';
import { deadLetterGroupsQuery } from '@/api/queries';
import { useLive } from '@/api/use-live';
import { counted } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { Groups } from './groups';
import { Letters } from './letters';
import { parametersOf, viewOf } from './view';
import type { Target } from './replay';
import { ReplayDialog } from './replay-dialog';

export function DeadLettersPage() {
  const [parameters, setParameters] = useSearchParams();
  const [target, setTarget] = useState<Target | null>(null);
  const { data, error, refetch } = useLive(deadLetterGroupsQuery);
  const view = viewOf(parameters);
  return (
    <>
      <PageHeader
        title="Dead letters"
        lead={
          data
            ? counted(data.total, 'notification') + ' that failed and wait for a decision'
            : 'Notifications that failed'
        }
        actions={
          data !== undefined &&
          data.total > 0 && (
            <Button
              onClick={() => {
                setTarget({ kind: 'all', count: data.total });
              }}
            >
              Replay all
            </Button>
          )
        }
      />
      {data === undefined ? (
        error ? (
          <ErrorNotice what="The dead letters" error={error} onRetry={refetch} />
        ) : (
          <SkeletonRows rows={4} label="Loading dead letters" />
        )
      ) : data.total === 0 ? (
        <Card title="By day, cause and provider">
          <Empty icon={PartyPopper} title="No dead letters">
            Nothing has failed for good, or all of it has been replayed.
          </Empty>
        </Card>
      ) : (
        <div className="space-y-4 lg:space-y-5">
          {error instanceof ApiError && (
            <ErrorNotice what="These figures are old" error={error} onRetry={refetch} />
          )}
          <Groups
            groups={data.groups}
            chosen={view}
            onChoose={(group) => {
              setParameters(parametersOf(group), { preventScrollReset: true });
            }}
            onReplay={(group) => {
              setTarget({ kind: 'group', group, count: group.count });
            }}
          />
          <Letters
            key={`${view.cause} ${view.provider} ${view.day}`}
            view={view}
            onReplay={(ids) => {
              setTarget({ kind: 'ids', ids, count: ids.length });
            }}
          />
        </div>
      )}
      {target !== null && (
        <ReplayDialog
          target={target}
          onClose={() => {
            setTarget(null);
          }}
        />
      )}
    </>
  );
}
