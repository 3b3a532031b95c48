import { useId, useState } from 'react';
import { useNow } from '@/hooks/use-now';
import { counted } from '@/lib/numbers';
import { countdown } from '@/lib/times';
import { CAUSES } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import type { Progress, Target } from './replay';
import { ReplayResults } from './replay-results';
import { useReplay } from './use-replay';

interface ReplayDialogProps {
  target: Target;
  onClose: () => void;
}

/** Asks for a reason, makes a dry run if wanted, replays, and shows the result of each. */
export function ReplayDialog({ target, onClose }: ReplayDialogProps) {
  const { state, start, stop } = useReplay(target);
  const [reason, setReason] = useState('');
  const running = state.step === 'running';
  const over = state.step !== 'asking' && !running && !state.dryRun;
  const close = () => {
    stop();
    onClose();
  };
  return (
    <Dialog title={`Replay ${counted(target.count, 'dead letter')}`} onClose={close}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          start(false, reason.trim());
        }}
      >
        {target.kind === 'group' && <p className="text-sm">{CAUSES[target.group.cause].advice}</p>}
        {!over && (
          <Field
            label="Reason (optional)"
            hint="It goes to the audit trail of each, with the key that asked."
          >
            {(described) => (
              <input
                {...described}
                maxLength={200}
                value={reason}
                disabled={running}
                onChange={(event) => {
                  setReason(event.target.value);
                }}
                className="control"
              />
            )}
          </Field>
        )}
        {state.step !== 'asking' && (
          <div className="space-y-3">
            <Progressing progress={state.progress} total={target.count} dryRun={state.dryRun} />
            {state.step === 'stopped' && (
              <p className="text-sm">Stopped. What was replayed by then stays replayed.</p>
            )}
            {state.step === 'failed' && <ErrorNotice what="The replay" error={state.error} />}
            <ReplayResults results={state.progress.results} />
          </div>
        )}
        <div className="flex flex-wrap justify-end gap-3">
          {running ? (
            <Button onClick={stop}>Stop</Button>
          ) : (
            <Button onClick={close}>{over ? 'Close' : 'Leave them'}</Button>
          )}
          {!over && (
            <>
              <Button
                disabled={running}
                onClick={() => {
                  start(true, '');
                }}
              >
                Dry run
              </Button>
              <Button type="submit" variant="primary" pending={running}>
                Replay
              </Button>
            </>
          )}
        </div>
      </form>
    </Dialog>
  );
}

interface ProgressingProps {
  progress: Progress;
  total: number;
  dryRun: boolean;
}

function Progressing({ progress: { results, waitsUntil }, total, dryRun }: ProgressingProps) {
  const id = useId();
  const now = useNow();
  const all = Math.max(total, results.length);
  return (
    <div>
      <p id={id} role="status" className="mb-1.5 text-sm tabular-nums">
        {dryRun ? 'Dry run' : 'Replay'}: {results.length} of {all}
        {waitsUntil !== null && `; postponed by the service, continues in ${countdown(waitsUntil, now)}`}
      </p>
      <progress value={results.length} max={all} aria-labelledby={id} className="meter" />
    </div>
  );
}
