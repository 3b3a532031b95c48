import { useEffect, useRef, type ReactNode } from 'react';
import { NavigationType, useNavigationType } from 'react-router';
import { usePageTitle } from '@/hooks/use-page-title';

interface PageHeaderProps {
  title: string;
  /** The title of the browser's tab, if it differs from the page's. */
  tabTitle?: string;
  lead?: ReactNode;
  actions?: ReactNode;
}

/** The head of a page. Its title takes the focus when a link leads here, so that a screen reader begins with it. */
export function PageHeader({ title, tabTitle = title, lead, actions }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const navigation = useNavigationType();
  usePageTitle(tabTitle);
  useEffect(() => {
    if (navigation === NavigationType.Push) heading.current?.focus();
    // The kind of navigation at the time of the first render is what counts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <div className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold tracking-tight break-words">
          {title}
        </h1>
        {lead !== undefined && <div className="mt-1 text-sm text-muted">{lead}</div>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
