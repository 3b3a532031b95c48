import { QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactElement } from 'react';
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router';
import { newQueryClient } from '@/api/query-client';

function Elsewhere() {
  const { pathname, search } = useLocation();
  return <p>Now at {pathname + search}</p>;
}

/** Renders a page at an address, with all that surrounds it in the application. Links lead to a note of the address. */
export function renderAt(address: string, path: string, page: ReactElement): RenderResult {
  const router = createMemoryRouter(
    [
      { path, element: page },
      { path: '*', element: <Elsewhere /> },
    ],
    { initialEntries: [address] },
  );
  return render(
    <QueryClientProvider client={newQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}

/** Renders a part of a page. */
export function renderPart(part: ReactElement): RenderResult {
  return renderAt('/', '/', part);
}
