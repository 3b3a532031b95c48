import { useQuery } from '@tanstack/react-query';
import { versionQuery } from '@/api/queries';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { SkeletonRows } from '@/ui/skeleton';
import { differencesOf, type Line } from './differences';

const LOOKS: Record<Line['kind'], { mark: string; word: string; className: string }> = {
  same: { mark: ' ', word: '', className: 'text-muted' },
  added: { mark: '+', word: 'added: ', className: 'bg-good-soft text-good' },
  removed: { mark: '−', word: 'removed: ', className: 'bg-bad-soft text-bad' },
};

interface CompareDialogProps {
  templateId: string;
  from: number;
  to: number;
  onClose: () => void;
}

/** What one version says differently from another. */
export function CompareDialog({ templateId, from, to, onClose }: CompareDialogProps) {
  const before = useQuery(versionQuery(templateId, from));
  const after = useQuery(versionQuery(templateId, to));
  const error = before.error ?? after.error;
  return (
    <Dialog title={`From version ${from} to version ${to}`} onClose={onClose}>
      {before.data !== undefined && after.data !== undefined ? (
        <Lines lines={differencesOf(before.data, after.data)} />
      ) : error ? (
        <ErrorNotice what="The versions" error={error} />
      ) : (
        <SkeletonRows rows={4} label="Loading the versions" />
      )}
      <div className="mt-4">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

function Lines({ lines }: { lines: readonly Line[] }) {
  if (lines.every(({ kind }) => kind === 'same')) {
    return <p className="text-sm text-muted">They say the same in every language and variant.</p>;
  }
  return (
    <div
      role="region"
      aria-label="Differences"
      tabIndex={0}
      className="max-h-[60dvh] overflow-auto rounded-lg border border-line font-mono text-xs"
    >
      <ul>
        {lines.map(({ kind, text }, index) => {
          const { mark, word, className } = LOOKS[kind];
          return (
            // Lines have no name of their own, and never change their places.
            <li key={index} className={`px-3 py-0.5 whitespace-pre-wrap ${className}`}>
              <span aria-hidden>{mark} </span>
              <span className="sr-only">{word}</span>
              {text}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
