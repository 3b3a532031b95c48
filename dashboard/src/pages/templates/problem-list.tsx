import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';
import type { Draft } from './draft';
import type { PlacedProblem } from './problems';

interface ProblemListProps {
  draft: Draft;
  problems: readonly PlacedProblem[];
  onShow: (problem: PlacedProblem) => void;
}

/** All that the API found wrong with a draft, each with its place and a way to it. */
export function ProblemList({ draft, problems, onShow }: ProblemListProps) {
  return (
    <Notice tone="bad" role="alert" title="The API refused the version">
      <ul className="space-y-1">
        {problems.map((problem, index) => {
          const place = placeOf(problem, draft);
          return (
            <li key={index} className="flex flex-wrap items-center justify-between gap-x-3">
              <span className="min-w-0 break-words">
                {place !== '' && <b className="font-medium">{place}: </b>}
                {problem.message}
              </span>
              {problem.variant !== null && (
                <Button
                  variant="quiet"
                  aria-label={`Show ${place}`}
                  onClick={() => {
                    onShow(problem);
                  }}
                >
                  Show
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </Notice>
  );
}

/** For example "short, en, text"; a draft that compares nothing names no variant. */
function placeOf({ variant: key, locale, part }: PlacedProblem, { variants }: Draft): string {
  const variant = variants.length > 1 ? variants.find((each) => each.key === key)?.name : undefined;
  return [variant, locale, part].filter((each) => each !== undefined && each !== null).join(', ');
}
