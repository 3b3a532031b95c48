import { useQuery } from '@tanstack/react-query';
import { resultsQuery } from '@/api/queries';
import type { VariantResults } from '@/api/types';
import { count } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { SkeletonRows } from '@/ui/skeleton';

interface ResultsDialogProps {
  templateId: string;
  number: number;
  onClose: () => void;
}

/** What became of each of the texts that a version compares. */
export function ResultsDialog({ templateId, number, onClose }: ResultsDialogProps) {
  const { data, error } = useQuery(resultsQuery(templateId, number));
  return (
    <Dialog title={`Results of version ${number}`} onClose={onClose}>
      {data !== undefined ? (
        <Results results={data} />
      ) : error ? (
        <ErrorNotice what="The results" error={error} />
      ) : (
        <SkeletonRows rows={2} label="Loading the results" />
      )}
      <div className="mt-4">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

const COLUMNS = ['accepted', 'sent', 'delivered', 'undelivered', 'failed'] as const;

function Results({ results }: { results: readonly VariantResults[] }) {
  return (
    <div className="overflow-x-auto" role="region" aria-label="Results" tabIndex={0}>
      <table className="w-full text-right text-sm tabular-nums">
        <thead className="text-xs text-muted">
          <tr>
            <th className="pb-2 text-left font-medium">Variant</th>
            <th className="pb-2 pl-4 font-medium">Weight</th>
            {COLUMNS.map((column) => (
              <th key={column} className="pb-2 pl-4 font-medium capitalize">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {results.map((each) => (
            <tr key={each.variant} className="border-t border-line">
              <th scope="row" className="py-2 text-left font-medium">
                {each.variant}
              </th>
              <td className="py-2 pl-4 text-muted">{each.weight}</td>
              {COLUMNS.map((column) => (
                <td key={column} className="py-2 pl-4">
                  {count(each[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
