import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { recoverEndpoint } from '@/api/actions';
import { endpointsQuery } from '@/api/queries';
import type { Endpoint } from '@/api/types';
import { fromLocalInput, toLocalInput } from '@/lib/local-moment';
import { count, counted } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Choice } from '@/ui/choice';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

type Since = 'hour' | 'day' | 'all' | 'time';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A minute less than the 14 days that the API goes back, which it counts from when the request arrives. */
const ALL_MS = 14 * DAY_MS - 60_000;
const AGES: Record<Exclude<Since, 'time'>, number> = { hour: HOUR_MS, day: DAY_MS, all: ALL_MS };
const OPTIONS: readonly { value: Since; label: string }[] = [
  { value: 'hour', label: 'The last hour' },
  { value: 'day', label: 'The last day' },
  { value: 'all', label: 'The last 14 days' },
  { value: 'time', label: 'A time' },
];
/** The API counts no further. */
const COUNTED_MAX = 10_000;

const eventsOf = (missed: number) =>
  missed >= COUNTED_MAX ? `${count(missed)} or more events` : counted(missed, 'event');

interface RecoverDialogProps {
  endpoint: Endpoint;
  onClose: () => void;
}

/** Counts what failed or was missed since a time, and has that delivered. */
export function RecoverDialog({ endpoint, onClose }: RecoverDialogProps) {
  const queries = useQueryClient();
  const [since, setSince] = useState<Since>('hour');
  const [time, setTime] = useState(() => toLocalInput(Date.now() - DAY_MS));
  const counting = useMutation({
    mutationFn: async (from: string) => ({
      from,
      ...(await recoverEndpoint(endpoint.id, { since: from, dryRun: true })),
    }),
  });
  const recovery = useMutation({
    mutationFn: (from: string) => recoverEndpoint(endpoint.id, { since: from }),
    onSuccess: () => queries.invalidateQueries(endpointsQuery),
  });
  const choose = (change: () => void) => {
    change();
    counting.reset();
    recovery.reset();
  };
  const from = () =>
    since === 'time' ? fromLocalInput(time) : new Date(Date.now() - AGES[since]).toISOString();
  const found = counting.data;
  const error = counting.error ?? recovery.error;
  if (recovery.data !== undefined) {
    return (
      <Dialog title="Recover what was missed" onClose={onClose}>
        <div className="mb-4">
          <Notice
            tone="good"
            role="status"
            title={`The recovery of ${eventsOf(recovery.data.missed)} has begun`}
          >
            It goes on in the background, at a pace that leaves room for new events.
          </Notice>
        </div>
        <Button onClick={onClose}>Close</Button>
      </Dialog>
    );
  }
  return (
    <Dialog title="Recover what was missed" onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          counting.mutate(from());
        }}
      >
        <p className="text-sm text-muted">
          Delivers every event since a time that failed for good, or that came while the endpoint was disabled
          or not made yet.
        </p>
        <Choice
          legend="Since"
          columns="grid-cols-2"
          options={OPTIONS}
          value={since}
          onChange={(chosen) => {
            choose(() => {
              setSince(chosen);
            });
          }}
        />
        {since === 'time' && (
          <Field label="Time" hint="In the last 14 days, by the clock of this computer.">
            {(described) => (
              <input
                {...described}
                type="datetime-local"
                required
                value={time}
                onChange={(event) => {
                  choose(() => {
                    setTime(event.target.value);
                  });
                }}
                className="control"
              />
            )}
          </Field>
        )}
        {found !== undefined && (
          <p role="status" className="text-sm font-medium">
            {found.missed === 0
              ? 'Nothing was missed since then.'
              : `${eventsOf(found.missed)} would be delivered.`}
          </p>
        )}
        {error && <ErrorNotice what="The recovery" error={error} />}
        <div className="flex flex-wrap gap-3">
          {found === undefined || found.missed === 0 ? (
            <Button type="submit" variant="primary" pending={counting.isPending}>
              Count them
            </Button>
          ) : (
            <Button
              variant="primary"
              pending={recovery.isPending}
              onClick={() => {
                recovery.mutate(found.from);
              }}
            >
              Deliver {eventsOf(found.missed)}
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
