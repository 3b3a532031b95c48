import { useMutation, useQueryClient } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState } from 'react';
import { publishVersion } from '@/api/actions';
import type { Template, VersionSummary } from '@/api/types';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { CompareDialog } from './compare-dialog';
import { ResultsDialog } from './results-dialog';
import { SendTestDialog } from './send-test-dialog';

interface VersionsProps {
  template: Template;
  versions: readonly VersionSummary[];
  onEdit: (number: number) => void;
}

/** The newest versions, each of which can be published or be the basis of the next one. */
export function Versions({ template, versions, onEdit }: VersionsProps) {
  const queries = useQueryClient();
  const publish = useMutation({
    mutationFn: (number: number) => publishVersion(template.id, number),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['templates'] }),
  });
  const [compared, setCompared] = useState<number | null>(null);
  const [measured, setMeasured] = useState<number | null>(null);
  const [tested, setTested] = useState<VersionSummary | null>(null);
  return (
    <Card title="Versions">
      {versions.length === 0 && (
        <Empty icon={History} title="No versions yet">
          Write the first one above. Nothing uses it before it is published.
        </Empty>
      )}
      {publish.error && <ErrorNotice what="The version" error={publish.error} />}
      <ul className="divide-y divide-line">
        {versions.map((version) => {
          const { number, createdAt, locales, variables, variantNames } = version;
          return (
            <li
              key={number}
              className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0"
            >
              <div className="min-w-0 flex-1 max-sm:basis-full">
                <span className="flex items-center gap-2 font-medium">
                  Version {number}
                  {number === template.published && <Badge tone="good">Published</Badge>}
                </span>
                <span className="block truncate text-xs text-muted">
                  <Moment at={createdAt} ago /> · {locales.join(', ')} ·{' '}
                  {variables.length === 0 ? 'no variables' : variables.join(', ')}
                  {variantNames.length > 0 && ` · compares ${variantNames.join(', ')}`}
                </span>
              </div>
              {variantNames.length > 0 && (
                <Button
                  variant="quiet"
                  aria-label={`Results of version ${number}`}
                  onClick={() => {
                    setMeasured(number);
                  }}
                >
                  Results
                </Button>
              )}
              {template.published !== null && number !== template.published && (
                <Button
                  variant="quiet"
                  aria-label={`Compare version ${number} with the published one`}
                  onClick={() => {
                    setCompared(number);
                  }}
                >
                  Compare
                </Button>
              )}
              {template.archivedAt === null && (
                <>
                  <Button
                    variant="quiet"
                    aria-label={`Test version ${number}`}
                    onClick={() => {
                      setTested(version);
                    }}
                  >
                    Test
                  </Button>
                  <Button
                    variant="quiet"
                    aria-label={`Edit version ${number}`}
                    onClick={() => {
                      onEdit(number);
                    }}
                  >
                    Edit
                  </Button>
                  {number !== template.published && (
                    <Button
                      aria-label={`Publish version ${number}`}
                      pending={publish.isPending && publish.variables === number}
                      onClick={() => {
                        publish.mutate(number);
                      }}
                    >
                      Publish
                    </Button>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ul>
      {compared !== null && template.published !== null && (
        <CompareDialog
          templateId={template.id}
          from={template.published}
          to={compared}
          onClose={() => {
            setCompared(null);
          }}
        />
      )}
      {measured !== null && (
        <ResultsDialog
          templateId={template.id}
          number={measured}
          onClose={() => {
            setMeasured(null);
          }}
        />
      )}
      {tested !== null && (
        <SendTestDialog
          template={template}
          version={tested}
          onClose={() => {
            setTested(null);
          }}
        />
      )}
    </Card>
  );
}
