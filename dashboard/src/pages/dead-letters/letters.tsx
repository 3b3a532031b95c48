import { Inbox } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { deadLettersQuery } from '@/api/queries';
import { useLive } from '@/api/use-live';
import type { Notification } from '@/api/types';
import { counted } from '@/lib/numbers';
import { CAUSES, CHANNELS } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { SkeletonRows } from '@/ui/skeleton';
import { belongs, filterOf, type View } from './view';

const PAGE_SIZE = 20;

interface LettersProps {
  view: View;
  onReplay: (ids: readonly string[]) => void;
}

/** The letters of the view, the latest failure first, to be looked at and chosen. */
export function Letters({ view, onReplay }: LettersProps) {
  const { data, error, refetch } = useLive(deadLettersQuery(filterOf(view, PAGE_SIZE)));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [, setParameters] = useSearchParams();
  const navigate = useNavigate();
  if (data === undefined) {
    return (
      <Card title="Letters">
        {error ? (
          <ErrorNotice what="The letters" error={error} onRetry={refetch} />
        ) : (
          <SkeletonRows rows={6} label="Loading the letters" />
        )}
      </Card>
    );
  }
  const { nextCursor } = data;
  const notifications = data.notifications.filter((each) => belongs(view, each));
  const here = notifications.map((each) => each._id);
  const selected = here.filter((id) => chosen.has(id)); // what has been replayed meanwhile is not there any more
  const choose = (ids: readonly string[], isChosen: boolean) => {
    setChosen((before) => {
      const after = new Set(before);
      for (const id of ids) {
        if (isChosen) after.add(id);
        else after.delete(id);
      }
      return after;
    });
  };
  return (
    <Card
      title="Letters"
      aside={
        <Button
          variant="primary"
          disabled={selected.length === 0}
          onClick={() => {
            onReplay(selected);
          }}
        >
          Replay {selected.length === 0 ? 'selection' : counted(selected.length, 'letter')} …
        </Button>
      }
    >
      {notifications.length === 0 ? (
        <Empty icon={Inbox} title="No matching dead letters">
          They have been replayed, or the address names a group that does not exist.
        </Empty>
      ) : (
        <>
          <label className="flex w-fit items-center gap-3 pb-3 text-sm text-muted">
            <input
              type="checkbox"
              checked={selected.length === here.length}
              onChange={(event) => {
                choose(here, event.target.checked);
              }}
              className="size-4 accent-(--accent)"
            />
            All on this page
          </label>
          <ul aria-label="Letters">
            {notifications.map((each) => (
              <Letter
                key={each._id}
                letter={each}
                isChosen={chosen.has(each._id)}
                onChoose={(isChosen) => {
                  choose([each._id], isChosen);
                }}
              />
            ))}
          </ul>
        </>
      )}
      {(view.cursor !== undefined || nextCursor !== null) && (
        <nav
          aria-label="Pages of the letters"
          className="flex justify-between gap-2 border-t border-line pt-4"
        >
          <Button disabled={view.cursor === undefined} onClick={() => void navigate(-1)}>
            Back
          </Button>
          <Button
            disabled={nextCursor === null}
            onClick={() => {
              setParameters(
                (before) => {
                  const after = new URLSearchParams(before);
                  if (nextCursor !== null) after.set('cursor', nextCursor);
                  return after;
                },
                { preventScrollReset: true },
              );
            }}
          >
            Older
          </Button>
        </nav>
      )}
    </Card>
  );
}

interface LetterProps {
  letter: Notification;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

function Letter({ letter, isChosen, onChoose }: LetterProps) {
  return (
    <li className="flex items-start gap-3 border-t border-line py-3">
      <input
        type="checkbox"
        aria-label={`Select the one to ${letter.recipient}`}
        checked={isChosen}
        onChange={(event) => {
          onChoose(event.target.checked);
        }}
        className="mt-1 size-4 shrink-0 accent-(--accent)"
      />
      <div className="min-w-0 flex-1">
        <Link
          to={`/status/${letter._id}`}
          title={letter.recipient}
          className="block truncate rounded text-sm font-medium text-accent hover:underline"
        >
          {letter.recipient}
        </Link>
        <p className="text-xs text-muted">
          {CHANNELS[letter.type].label}
          {letter.cause !== undefined && ` · ${CAUSES[letter.cause].label}`}
          {letter.provider !== undefined && ` · ${letter.provider}`}
          {letter.error !== undefined && ` · ${letter.error}`}
        </p>
      </div>
      <p className="shrink-0 text-xs text-muted">
        <Moment at={letter.failedAt ?? letter.updatedAt} ago />
      </p>
    </li>
  );
}
