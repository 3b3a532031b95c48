import { NavLink, Outlet, ScrollRestoration, useNavigation } from 'react-router';
import { useTheme } from '@/hooks/use-theme';
import { ConnectionBanner } from './connection-banner';
import { Freshness } from './freshness';
import { KeyNotice } from './key-notice';
import { NAVIGATION } from './navigation';

/** The frame of every page: the navigation, at the left or on a phone at the bottom, and common notices. */
export function Shell() {
  useTheme();
  const loading = useNavigation().state === 'loading';
  return (
    <div className="lg:grid lg:min-h-dvh lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-accent focus:px-4 focus:py-2 focus:text-accent-ink"
      >
        Skip to the content
      </a>
      <header className="flex items-center justify-between border-b border-line bg-surface px-4 py-3 lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:items-stretch lg:justify-start lg:gap-6 lg:border-r lg:border-b-0 lg:px-3 lg:py-5">
        <p className="flex items-center gap-2.5 text-lg font-semibold tracking-tight lg:px-3">
          <img src="/favicon.svg" alt="" className="size-7" />
          WaveCom
        </p>
        <nav
          aria-label="Pages"
          className="fixed inset-x-0 bottom-0 z-40 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] max-md:grid max-md:grid-cols-5 lg:static lg:flex-col lg:gap-1 lg:border-0 lg:pb-0"
        >
          {NAVIGATION.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              to={to}
              end={to === '/'}
              className="group flex min-w-0 flex-1 flex-col items-center gap-1 px-0.5 py-2 text-muted hover:text-ink max-sm:gap-0.5 max-sm:py-1.5 aria-[current=page]:text-accent lg:flex-none lg:flex-row lg:gap-3 lg:rounded-lg lg:px-3 lg:py-2.5 lg:hover:bg-raised lg:aria-[current=page]:bg-accent-soft"
            >
              <Icon aria-hidden className="size-5 shrink-0" strokeWidth={1.75} />
              <span className="text-[0.625rem] font-medium whitespace-nowrap sm:text-[0.6875rem] lg:text-sm">
                {label}
              </span>
            </NavLink>
          ))}
        </nav>
        <Freshness />
      </header>
      <div className="min-w-0">
        <ConnectionBanner />
        <main
          id="content"
          tabIndex={-1}
          aria-busy={loading}
          className="mx-auto max-w-7xl px-4 pt-5 pb-32 outline-none sm:px-6 md:pb-24 lg:px-8 lg:pt-8 lg:pb-12"
        >
          <KeyNotice />
          <Outlet />
        </main>
      </div>
      <ScrollRestoration />
    </div>
  );
}
