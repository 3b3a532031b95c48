import type { DeadLetterGroup } from '@/api/types';
import { count } from '@/lib/numbers';
import { dayName } from '@/lib/times';
import { CAUSES } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { shows, type View } from './view';

interface GroupsProps {
  groups: readonly DeadLetterGroup[];
  chosen: View;
  /** Shows the letters of a group; of null, all. */
  onChoose: (group: DeadLetterGroup | null) => void;
  onReplay: (group: DeadLetterGroup) => void;
}

export function Groups({ groups, chosen, onChoose, onReplay }: GroupsProps) {
  return (
    <Card title="By day, cause and provider">
      <ul aria-label="Groups" className="divide-y divide-line">
        {groups.map((group) => (
          <Group
            key={`${group.day} ${group.cause} ${group.provider ?? ''}`}
            group={group}
            isChosen={shows(chosen, group)}
            onChoose={onChoose}
            onReplay={onReplay}
          />
        ))}
      </ul>
    </Card>
  );
}

interface GroupProps {
  group: DeadLetterGroup;
  isChosen: boolean;
  onChoose: (group: DeadLetterGroup | null) => void;
  onReplay: (group: DeadLetterGroup) => void;
}

function Group({ group, isChosen, onChoose, onReplay }: GroupProps) {
  const { label, meaning, advice } = CAUSES[group.cause];
  const name = `${label}, ${group.provider ?? 'no provider asked'}, ${dayName(group.day)}`;
  return (
    <li
      aria-label={name}
      className="grid items-center gap-x-5 gap-y-3 py-4 first:pt-0 last:pb-0 sm:grid-cols-[4.5rem_minmax(0,1fr)_auto]"
    >
      <p className="text-2xl font-semibold tracking-tight tabular-nums">{count(group.count)}</p>
      <div className="min-w-0">
        <h3 className="font-medium">{label}</h3>
        <p className="text-xs text-muted">
          {group.provider ?? 'no provider asked'} · {dayName(group.day)} (UTC)
        </p>
        <p className="mt-1 max-w-prose text-sm text-muted">
          {meaning} {advice}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          aria-pressed={isChosen}
          aria-label={`Show: ${name}`}
          onClick={() => {
            onChoose(isChosen ? null : group);
          }}
        >
          {isChosen ? 'Show all' : 'Show'}
        </Button>
        <Button
          variant="primary"
          aria-label={`Replay: ${name}`}
          onClick={() => {
            onReplay(group);
          }}
        >
          Replay …
        </Button>
      </div>
    </li>
  );
}
