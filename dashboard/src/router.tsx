import { createBrowserRouter } from 'react-router';
import { RouteError } from './layout/route-error';
import { Shell } from './layout/shell';
import { NotFoundPage } from './pages/not-found';

/** Each page is loaded when it is first opened. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteError />,
    hydrateFallbackElement: <></>,
    children: [
      {
        index: true,
        lazy: async () => ({ Component: (await import('./pages/overview/overview-page')).OverviewPage }),
      },
      {
        path: 'notifications',
        lazy: async () => ({
          Component: (await import('./pages/notifications/notifications-page')).NotificationsPage,
        }),
      },
      {
        path: 'create',
        lazy: async () => ({ Component: (await import('./pages/create/create-page')).CreatePage }),
      },
      {
        path: 'status/:id',
        lazy: async () => ({ Component: (await import('./pages/status/status-page')).StatusPage }),
      },
      {
        path: 'templates',
        lazy: async () => ({
          Component: (await import('./pages/templates/templates-page')).TemplatesPage,
        }),
      },
      {
        path: 'templates/:id',
        lazy: async () => ({ Component: (await import('./pages/templates/template-page')).TemplatePage }),
      },
      {
        path: 'senders',
        lazy: async () => ({ Component: (await import('./pages/senders/senders-page')).SendersPage }),
      },
      {
        path: 'preferences',
        lazy: async () => ({
          Component: (await import('./pages/preferences/preferences-page')).PreferencesPage,
        }),
      },
      {
        path: 'webhooks',
        lazy: async () => ({ Component: (await import('./pages/webhooks/webhooks-page')).WebhooksPage }),
      },
      {
        path: 'webhooks/:id',
        lazy: async () => ({ Component: (await import('./pages/webhooks/endpoint-page')).EndpointPage }),
      },
      {
        path: 'dlq',
        lazy: async () => ({
          Component: (await import('./pages/dead-letters/dead-letters-page')).DeadLettersPage,
        }),
      },
      {
        path: 'settings',
        lazy: async () => ({ Component: (await import('./pages/settings/settings-page')).SettingsPage }),
      },
      { path: '*', element: <NotFoundPage /> },
    ],
  },
]);
